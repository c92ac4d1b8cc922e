"""An appliance in a folder: the real programs, the files that people write, and a kernel that says what a test wants.

    appliance.write_offer(receiver.url)
    appliance.write_consent(sources={"environment": "share"})
    with appliance.daemon():
        wait_for(lambda: appliance.accord("outbox").json, "a batch")
    assert appliance.accord("upload").code == 0
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".build-programs" / "release"
FIXTURES = ROOT / "Tests" / "Fixtures"

# Longer than anything takes on a busy machine, shorter than a person waits.
COMMAND_SECONDS_MAX = 60
WAIT_SECONDS_MAX = 30

SUPPLIER = "Example Devices Ltd"

# The commands that sample, and so take --kernel-root.
SAMPLING_COMMANDS = ("preview",)

# Small, and each number occurs once, so that a reading that arrives can only come from one place.
KERNEL_FILES = {
    "proc/stat": (
        "cpu  1011 12 513 90014 115 16 17 18 0 0\n"
        "cpu0 1011 12 513 90014 115 16 17 18 0 0\n"
        "intr 200321 0 0\n"
        "ctxt 300422\n"
        "btime 1700000000\n"
        "processes 4523\n"
        "procs_running 2\n"
        "procs_blocked 0\n"
        "softirq 500624 0 0\n"
    ),
    "proc/meminfo": (
        "MemTotal:        2048001 kB\n"
        "MemFree:          512002 kB\n"
        "MemAvailable:    1024003 kB\n"
        "Buffers:           64004 kB\n"
        "Cached:           256005 kB\n"
        "SwapTotal:        128006 kB\n"
        "SwapFree:         128007 kB\n"
        "Slab:              32008 kB\n"
        "SReclaimable:      16009 kB\n"
        "SUnreclaim:        15999 kB\n"
    ),
    "proc/loadavg": "0.31 0.22 0.13 2/345 6789\n",
    "proc/uptime": "1234.56 900.14\n",
    "proc/net/dev": (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
        "    lo:    7001      71    0    0    0     0          0         0     7001      71    0    0    0     0       0          0\n"
        "  eth0: 8002001    8101    1    2    0     0          0         3  9003001    9102    4    5    0     0       0          0\n"
    ),
    "proc/sys/kernel/random/boot_id": "0f0e0d0c-0b0a-4908-8706-050403020100\n",
    "etc/os-release": 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}

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


def toml(values: dict[str, Any]) -> str:
    """A dictionary as TOML: what is not a dictionary first, then one table for each dictionary."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if not isinstance(value, dict)]
    for key, table in values.items():
        if isinstance(table, dict):
            lines += ["", f"[{_key(key)}]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


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


class Daemon:
    """A running `accordd`."""

    def __init__(self, process: subprocess.Popen, log: Path):
        self.process = process
        self._log = log

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


class Kernel:
    """A folder with the `proc`, `sys` and `etc` that the programs are to see."""

    def __init__(self, root: Path):
        self.root = root

    def write(self, path: str, text: str | bytes) -> Path:
        """Writes a file in place, so that a descriptor which the daemon keeps open sees the new text. One write, and
        the length after it: a read in between never finds the file empty."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode() if isinstance(text, str) else text
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, content)
            os.ftruncate(descriptor, len(content))
        finally:
            os.close(descriptor)
        return file

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def copy(self, machine: str) -> None:
        """Becomes the machine of that name under Tests/Fixtures."""
        shutil.rmtree(self.root)
        shutil.copytree(FIXTURES / machine, self.root, symlinks=True)


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
        for path, text in KERNEL_FILES.items():
            self.kernel.write(path, text)

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
        return self._write_toml(
            "offer.toml",
            {
                "schema": 1,
                "supplier": SUPPLIER,
                "revision": 2,
                "contact": "privacy@example.com",
                "delivery": delivery,
                "product": {
                    "purpose": "Tell you about faults and updates before they hurt",
                    "benefit": "Proactive replacement of worn parts",
                    "retention": "400 days",
                    "resolution": "1s",
                    "signals": ["os.*", "system.uptime"],
                },
                "environment": {
                    "purpose": "Recognise overheating, full disks and bad power",
                    "benefit": "A yearly site-health report",
                    "retention": "90 days",
                    "resolution": "1s",
                    "signals": ["system.*"],
                },
            },
            changes,
        )

    def write_consent(self, sources: dict[str, str], **changes: Any) -> Path:
        """The customer's half; a further table (`withhold`, `redact`, `resolution`) is given as a dictionary."""
        return self._write_toml(
            "consent.toml",
            {
                "schema": 1,
                "supplier": SUPPLIER,
                "accepts": 2,
                "accepted_by": "IT operations",
                "accepted_on": date(2026, 11, 21),
                "sources": sources,
            },
            changes,
        )

    def write_settings(self, interval: str = "1s", seal: str = "2s", **changes: Any) -> Path:
        """accord.toml, by default as quick as the tests want it."""
        return self._write_toml("accord.toml", {"sampling": {"interval": interval}, "spool": {"seal": seal}}, changes)

    def _write_toml(self, name: str, values: dict[str, Any], changes: dict[str, Any]) -> Path:
        changed = values | changes
        return self.write(name, toml({key: value for key, value in changed.items() if value is not None}))

    # The programs.

    def accord(self, *arguments: str, json: bool = True) -> Result:
        """Runs `accord` to its end, with --json unless that is switched off."""
        command = [_program("accord"), *arguments, "--prefix", str(self.prefix)]
        if arguments[0] in SAMPLING_COMMANDS:
            command += ["--kernel-root", str(self.kernel.root)]
        if json:
            command.append("--json")
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        return Result(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def daemon(self, *arguments: str, code: int = 0) -> Iterator[Daemon]:
        """Runs `accordd` for the length of a `with`, then ends it with SIGTERM and checks its exit code. One that the
        test killed itself is not checked."""
        command = [_program("accordd"), "--prefix", str(self.prefix), "--kernel-root", str(self.kernel.root)]
        log = self.prefix / "accordd.log"
        with open(log, "a") as file:
            process = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        daemon = Daemon(process, log)
        try:
            yield daemon
            ended = daemon.stop()
            assert ended in (code, -signal.SIGKILL), f"accordd ended with {ended}, not {code}:\n{daemon.log}"
        finally:
            if process.poll() is None:
                daemon.kill()

    def status(self) -> dict | None:
        """The daemon's status file, or None before its first tick."""
        try:
            return json.loads((self.run / "status.json").read_text())
        except FileNotFoundError:
            return None


def _program(name: str) -> str:
    path = Path(os.environ.get(name.upper(), PROGRAMS / name))
    assert path.exists(), f"{path} is not there; `make build` makes it"
    return str(path)
