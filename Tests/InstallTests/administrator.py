"""What an administrator of an appliance does, and sees: the box's commands and files in a few words."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agreement_files import OFFER, toml
from box import Box, Result, wait_for

UNITS = ("accordd.service", "accord-upload.service", "accord-upload.timer")
HALVES = ("/etc/accord/offer.toml", "/etc/accord/consent.toml")
DATABASES = ("/var/lib/accord/spool.db", "/var/lib/accord/ledger.db", "/var/lib/accord/private/history.db")

# A tick each second, so that nobody waits; two of them in a batch.
SETTINGS: dict[str, dict[str, Any]] = {"sampling": {"interval": "1s"}, "spool": {"seal": "2s"}}
TICK_SECONDS = 1

WARNING = 4

# Before a command that the user of the package shall run, not root.
AS_ACCORD = "setpriv --reuid=accord --regid=accord --clear-groups".split()


class Administrator:
    """Root of one box."""

    def __init__(self, box: Box):
        self.box = box
        # Spans of time, in microseconds, in which a test made something fail on purpose.
        self.provoked: list[tuple[int, int]] = []

    # Packages.

    def install(self, package: Path, *options: str) -> Result:
        """apt install ./accord.deb, without a terminal. Everything else that it needs is there already."""
        shutil.copy(package, self.box.path(f"/root/{package.name}"))
        done = self.apt("install", *options, f"/root/{package.name}")
        assert "Need to get 0 B" in done.out, done.out
        return done

    def apt(self, *words: str, check: bool = True) -> Result:
        return self.box.run("apt-get", "--yes", *words, check=check)

    # Files.

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Saves a file of the box as an editor does, for root."""
        file = self.box.path(path)
        file.write_text(text)
        file.chmod(mode)

    def write_settings(self, **sections: dict[str, Any]) -> None:
        self.write("/etc/accord/accord.toml", toml(SETTINGS | sections))

    def write_offer(self, url: str, authority: Path) -> None:
        shutil.copy(authority, self.box.path("/etc/accord/supplier-ca.pem"))
        offer = OFFER | {"delivery": {"endpoint": url, "ca_file": "supplier-ca.pem"}}
        for source in ("product", "environment"):
            offer[source] = OFFER[source] | {"resolution": f"{TICK_SECONDS}s"}
        self.write("/etc/accord/offer.toml", toml(offer))

    def facts(self, *paths: str) -> dict[str, tuple]:
        """All that must not change in a file: content, owner, mode and times."""
        found = {}
        for path in paths:
            file = self.box.path(path)
            state = file.stat()
            found[path] = (file.read_bytes(), state.st_uid, state.st_gid, state.st_mode, state.st_mtime_ns)
        return found

    # Accord.

    def accord(self, *words: str, check: bool = True) -> Result:
        return self.box.run("accord", *words, check=check)

    def json(self, *words: str) -> list[dict]:
        """The JSON objects that a command prints, one a line."""
        return [json.loads(line) for line in self.accord(*words, "--json").out.splitlines()]

    def batches(self, verb: str = "outbox") -> set[str]:
        return {batch["id"] for batch in self.json(verb)}

    def status_file(self) -> dict:
        """What accordd wrote after its last tick; empty before the first."""
        return json.loads(self.box.run("cat", "/run/accord/status.json", check=False).out or "{}")

    def ticks(self, count: int = 1) -> None:
        """Waits for so many more ticks of the accordd that runs now."""
        pid = self.main_pid()
        begun = self.status_file()
        first = begun["ticks"] if begun.get("pid") == pid else 0
        wait_for(lambda: (now := self.status_file()).get("pid") == pid and now["ticks"] >= first + count, "a tick")

    def new_batches(self) -> set[str]:
        """Waits until something more waits to be sent, and returns all that waits."""
        before = self.batches()
        wait_for(lambda: self.batches() - before, "a new batch")
        return self.batches()

    # systemd.

    def systemctl(self, *words: str, check: bool = True) -> Result:
        return self.box.run("systemctl", "--no-pager", *words, check=check)

    def show(self, unit: str, name: str) -> str:
        return self.systemctl("show", "--value", "--property", name, unit).out.strip()

    def is_active(self, unit: str = "accordd.service") -> bool:
        return self.show(unit, "ActiveState") == "active"

    def main_pid(self) -> int:
        """The number of accordd's process in the box."""
        return int(self.show("accordd.service", "MainPID"))

    def drop_in(self, unit: str, text: str) -> None:
        """Changes a unit until `revert`, as `systemctl edit --runtime` does."""
        self.box.shell(f"mkdir -p /run/systemd/system/{unit}.d")
        self.box.run("tee", f"/run/systemd/system/{unit}.d/test.conf", stdin=text)
        self.systemctl("daemon-reload")

    def revert(self, unit: str) -> None:
        self.box.shell(f"rm -rf /run/systemd/system/{unit}.d")
        self.systemctl("daemon-reload")

    def wait_until_active(self, seconds: float = 30) -> None:
        wait_for(self.is_active, "a running accordd", seconds)

    # The journal.

    @contextmanager
    def provoking(self) -> Iterator[None]:
        """What the journal says meanwhile is the test's doing."""
        begin = time.time_ns() // 1000
        try:
            yield
        finally:
            self.provoked.append((begin, time.time_ns() // 1000 + 1_000_000))

    def journal(self, since: float = 0) -> list[dict]:
        """The lines of the units and of systemd about them, of all boots."""
        arguments = [word for unit in UNITS for word in (f"_SYSTEMD_UNIT={unit}", "+", f"UNIT={unit}", "+")][:-1]
        text = self.box.run("journalctl", "--no-pager", "--output=json", f"--since=@{since}", *arguments).out
        return [json.loads(line) for line in text.splitlines()]

    def messages(self, since: float = 0) -> str:
        return "\n".join(line["MESSAGE"] for line in self.journal(since))

    def unprovoked_warnings(self) -> list[str]:
        """What is a warning or worse, and was nobody's purpose."""
        return [
            line["MESSAGE"]
            for line in self.journal()
            if int(line["PRIORITY"]) <= WARNING
            and not any(begin <= int(line["__REALTIME_TIMESTAMP"]) <= end for begin, end in self.provoked)
        ]
