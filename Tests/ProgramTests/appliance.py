"""An appliance in a folder: the real programs, the files that people write, and a kernel that says what a test wants.

appliance.write_offer(receiver.url)
appliance.write_consent({"environment": "share"})
appliance.record()
assert appliance.accord("upload").code == 0
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from agreement_files import CONSENT, OFFER, toml
from kernel import Kernel

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners, users and mounts")

PROGRAMS = Path(__file__).resolve().parents[2] / ".build-programs" / "release"

# Longer than anything takes on a busy machine, shorter than a person waits.
COMMAND_SECONDS_MAX = 60
WAIT_SECONDS_MAX = 30

# The commands that sample, and so take --kernel-root.
SAMPLING_COMMANDS = ("preview", "status", "dump", "report")

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, seconds: float = WAIT_SECONDS_MAX) -> Found:
    """Asks again until the condition gives something true, and returns that; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"no sign of {what} within {seconds} s"
        time.sleep(0.02)


def program(name: str) -> str:
    """The path of `accord` or `accordd`."""
    path = Path(os.environ.get(name.upper(), PROGRAMS / name))
    assert path.exists(), f"{path} is not there; `make build` makes it"
    return str(path)


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict]:
        """The JSON objects of its output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(command: list[str]) -> Result:
    """Runs a command to its end."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
    return Result(done.returncode, done.stdout, done.stderr)


class Daemon:
    """A running `accordd`."""

    def __init__(self, process: subprocess.Popen, log: Path, appliance: "Appliance"):
        self.process = process
        self._log = log
        self._appliance = appliance

    @property
    def log(self) -> str:
        """What it wrote to standard error so far."""
        return self._log.read_text()

    def stop(self) -> int:
        """Asks it to end and returns its exit code; does nothing if it has ended already."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=COMMAND_SECONDS_MAX)

    def kill(self) -> None:
        """The power cut, as far as a process can feel it."""
        self.process.kill()
        self.process.wait()

    @property
    def status(self) -> dict | None:
        """Its own status file, or None before its first tick."""
        status = self._appliance.status()
        return status if status and status["pid"] == self.process.pid else None

    def ticks(self, count: int = 1) -> None:
        """Waits for that many more ticks."""
        begun = (self.status or {"ticks": 0})["ticks"]
        wait_for(lambda: self.status and self.status["ticks"] >= begun + count, f"{count} ticks")

    def probe(self, file: str) -> dict:
        """What it says about one kernel file."""
        (probe,) = [probe for probe in self.status["probes"] if probe["file"] == file]
        return probe


class Appliance:
    """One prefix with everything below it."""

    def __init__(self, folder: Path):
        self.prefix = folder / "appliance"
        self.etc = self.prefix / "etc/accord"
        self.var = self.prefix / "var/lib/accord"
        self.run = self.prefix / "run/accord"
        for directory in (self.etc, self.var, self.run):
            directory.mkdir(parents=True, mode=0o750)
        self.kernel = Kernel(folder / "kernel")

    # The files that people write.

    def write(self, name: str, text: str) -> Path:
        """Writes a file under etc/accord as an editor does: a new file, renamed over the old one."""
        new = self.etc / f"{name}.new"
        new.write_text(text)
        new.chmod(0o644)
        return new.rename(self.etc / name)

    def write_offer(self, endpoint: str, ca: Path | None = None, **changes: Any) -> Path:
        """The supplier's half: product and environment. A change of None leaves a key or a source out."""
        delivery = {"endpoint": endpoint}
        if ca:
            shutil.copy(ca, self.etc / "supplier-ca.pem")
            delivery["ca_file"] = "supplier-ca.pem"
        return self.write("offer.toml", toml(OFFER | {"delivery": delivery} | changes))

    def write_consent(self, sources: dict[str, str], **changes: Any) -> Path:
        """The customer's half; a further table (`withhold`, `redact`, `resolution`) is given as a dictionary."""
        return self.write("consent.toml", toml(CONSENT | {"sources": sources} | changes))

    def agree_anew(self, revision: int, endpoint: str, ca: Path | None = None) -> None:
        """Both sources are shared under another revision of the offer, which is accepted."""
        self.write_offer(endpoint, ca, revision=revision)
        self.write_consent({"product": "share", "environment": "share"}, accepts=revision)

    def write_settings(self, interval: str = "100ms", seal: str = "1h", **changes: Any) -> Path:
        """accord.toml: quick ticks, and by default nothing is sealed before the daemon stops."""
        settings = {"sampling": {"interval": interval}, "spool": {"seal": seal}}
        return self.write("accord.toml", toml(settings | changes))

    # The programs.

    def command(self, name: str, *arguments: str) -> list[str]:
        """The command line of a program that works on this appliance."""
        command = [program(name), *arguments, "--prefix", str(self.prefix)]
        if name == "accordd" or arguments[0] in SAMPLING_COMMANDS:
            command += ["--kernel-root", str(self.kernel.root)]
        return command

    def accord(self, *arguments: str, json: bool = True) -> Result:
        """Runs `accord` to its end, with --json unless that is switched off."""
        return run(self.command("accord", *arguments) + ["--json"] * json)

    def are_deletions_done(self) -> bool | None:
        """Whether there was something to delete and all of it is gone; None when a database could not be read."""
        status = self.accord("status").json[0]
        if None in (status["history"]["batches"], status["spool"]["pending"]):
            return None
        return bool(status["deletions"]) and all(entry["done"] for entry in status["deletions"])

    def timer_run(self) -> Result:
        """A run of `accord upload` as the timer's unit does it: the journal reads what it says."""
        journal = self.prefix / "upload.journal"
        with open(journal, "w") as file:
            state = journal.stat()
            environment = os.environ | {"JOURNAL_STREAM": f"{state.st_dev}:{state.st_ino}"}
            command = self.command("accord", "upload", "--scheduled")
            done = subprocess.run(command, stdout=file, stderr=file, env=environment, timeout=COMMAND_SECONDS_MAX)
        return Result(done.returncode, "", journal.read_text())

    @contextmanager
    def uploading(self) -> Iterator[subprocess.Popen]:
        """Runs `accord upload` beside the test for the length of a `with`."""
        command = self.command("accord", "upload", "--json")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def daemon(self, *arguments: str, code: int = 0, before: tuple[str, ...] = ()) -> Iterator[Daemon]:
        """Runs `accordd` for the length of a `with`, then ends it with SIGTERM and checks its exit code. One that the
        test killed itself is not checked. `before` is a command line in front of its own."""
        log = self.prefix / "accordd.log"
        with open(log, "a") as file:
            command = [*before, *self.command("accordd"), *arguments]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        daemon = Daemon(process, log, self)
        try:
            yield daemon
            ended = daemon.stop()
            assert ended in (code, -signal.SIGKILL), f"accordd ended with {ended}, not {code}:\n{daemon.log}"
        finally:
            if process.poll() is None:
                daemon.kill()

    def record(self, ticks: int = 3) -> str:
        """Runs `accordd` for some ticks. When it stops it seals one batch for each shared source. Returns its log."""
        with self.daemon() as daemon:
            daemon.ticks(ticks)
        return daemon.log

    # What they leave.

    def status(self) -> dict | None:
        """The daemon's status file, or None before its first tick."""
        try:
            return json.loads((self.run / "status.json").read_text())
        except FileNotFoundError:
            return None

    def batches(self, source: str | None = None, verb: str = "outbox") -> list[dict]:
        """The batches that `accord outbox` lists, or `accord sent`."""
        return [batch for batch in self.accord(verb).json if source in (None, batch["source"])]

    def readings(self, verb: str = "outbox") -> list[dict]:
        """Every reading of every batch that `accord outbox` lists, or `accord sent`."""
        return [reading for batch in self.batches(verb=verb) for reading in self.accord(verb, batch["id"]).json]

    def sql(self, database: str, statement: str, *values: Any) -> list[tuple]:
        """Runs one statement in a database under var/lib/accord."""
        with closing(self.connection(database)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def connection(self, database: str) -> sqlite3.Connection:
        """A connection to a database under var/lib/accord."""
        return sqlite3.connect(f"file:{self.database(database)}?mode=rw", uri=True, timeout=10)

    def database(self, name: str, suffix: str = "") -> Path:
        """The path of a database, or of a file that belongs to it."""
        return (self.var / "private" if name == "history" else self.var) / f"{name}.db{suffix}"

    def bytes_of_state(self, names: str | None = None) -> bytes:
        """The raw bytes of the files under var/lib/accord, one after the other; not of the offers that were accepted."""
        files = [file for pattern in ([names] if names else ["*", "private/*"]) for file in sorted(self.var.glob(pattern))]
        return b"".join(file.read_bytes() for file in files if file.is_file())
