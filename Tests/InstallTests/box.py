"""A booted Debian in a container, on a machine whose own first process need not be systemd.

with Box.booted("bookworm") as box:
    box.run("apt-get", "install", "--yes", "/root/accord.deb")

mmdebstrap makes a root file system once for each release and keeps it in .build-boxes; each box is a copy of its own,
which is gone afterwards. systemd-nspawn boots it. Three things let nspawn work where systemd is not the first process:
a mount namespace of its own with an empty /run (nspawn insists on its folders there), the cgroup2 hierarchy alone in
that namespace, entered below the root, and --register=no --keep-unit, because there is nobody to register with.
Commands come in by nsenter, with the container's first process as the door.

The network is this machine's: what listens on its 127.0.0.1 is reached from the box. nspawn keeps
adjtimex(2) from what it starts unless told otherwise, and without CAP_NET_ADMIN systemd passes over PrivateNetwork=yes:
the box has both, or a sandbox that falsifies what is sampled would look harmless here. Memory, processor and task
limits may not work in a box, because the machine's cgroup2 hierarchy may have no controllers; everything else does.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CACHE = Path(__file__).resolve().parents[2] / ".build-boxes"
RELEASES = ("bookworm", "trixie")

# What an appliance has before Accord is installed; the last ones so that the package needs no network for what it
# depends on. python3, sqlite3 and strace are the tests' eyes.
INCLUDED = (
    "systemd systemd-sysv dbus ca-certificates procps iproute2 adduser init-system-helpers libsqlite3-0 zlib1g libmd0 "
    "python3 sqlite3 strace"
).split()
CURL = {"bookworm": "libcurl4", "trixie": "libcurl4t64"}

# Who comes in by nsenter keeps the rights that root has on this machine, whose clock is the box's.
WITHOUT_THE_CLOCK = ["setpriv", "--bounding-set=-sys_time"]
ENVIRONMENT = ["env", "-i"] + (
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive TERM=dumb".split()
)

BOOT_SECONDS_MAX = 60
# What nspawn exits with when the system inside wants to be started again.
REBOOT_CODE = 133
COMMAND_SECONDS_MAX = 120

# $1 is the root file system, $2 the box's name.
START = r"""
set -e
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/nspawn /run/lock
umount -l -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$2" && echo $$ >"/sys/fs/cgroup/$2/cgroup.procs"
exec systemd-nspawn --quiet --boot --register=no --keep-unit --console=read-only --directory="$1" --machine="$2" \
  --system-call-filter="adjtimex clock_adjtime" --capability=CAP_NET_ADMIN
"""

NUMBERS = itertools.count(1)

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, seconds: float = 30) -> Found:
    """Asks again until the condition gives something true, and returns that; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no sign of {what} within {seconds} s"
        time.sleep(0.05)
    return found


def root_file_system(release: str) -> Path:
    """The tar of a release's root file system. It is made when there is none with these packages: about a minute."""
    packages = ",".join([*INCLUDED, CURL[release]])
    tar = CACHE / f"{release}-{zlib.crc32(packages.encode()):08x}.tar"
    if not tar.exists():
        CACHE.mkdir(exist_ok=True)
        unfinished = tar.with_suffix(".part.tar")
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", release, unfinished], check=True
        )
        unfinished.rename(tar)
    return tar


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


class Box:
    """One container, from the copy of its root file system to its end."""

    def __init__(self, release: str):
        self.release = release
        tar = root_file_system(release)
        # nspawn takes it for a host's name: no underscore, no hyphen at the end.
        self.name = f"accord-box-{release}-{os.getpid()}-{next(NUMBERS)}"
        self.root = CACHE / self.name
        self.root.mkdir(mode=0o700)
        subprocess.run(["tar", "--extract", "--numeric-owner", "--file", tar, "--directory", self.root], check=True)
        # Here the journal outlives a reboot.
        (self.root / "var/log/journal").mkdir(exist_ok=True)
        # What an installer writes and mmdebstrap does not.
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        self._log = self.root.with_suffix(".log").open("w")
        self._supervisor: subprocess.Popen | None = None
        self._door: int | None = None

    @classmethod
    @contextmanager
    def booted(cls, release: str) -> Iterator["Box"]:
        """A box that is up, and nothing of it afterwards."""
        box = cls(release)
        try:
            box.boot()
            yield box
        finally:
            box.remove()

    def boot(self) -> None:
        """Switches it on and waits until every unit has started."""
        self._supervisor = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", START, "box", self.root, self.name],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True,
        )
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        def is_up() -> bool:
            assert self._supervisor.poll() is None, f"the box ended:\n{Path(self._log.name).read_text()}"
            self._door = self._first_process()
            return self._door is not None and self.run("systemctl", "is-system-running", check=False).out.strip() in (
                "running", "degraded",
            )

        wait_for(is_up, "a booted box", BOOT_SECONDS_MAX)

    def _first_process(self) -> int | None:
        """The process that is number 1 inside, as this machine numbers it."""
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in Path(f"/proc/{self._supervisor.pid}/task/{self._supervisor.pid}/children").read_text().split():
                status = Path(f"/proc/{child}/status").read_text()
                if status.split("NSpid:")[1].split("\n")[0].split()[1:] == ["1"]:
                    return int(child)
        return None

    def run(self, *command: str, check: bool = True, stdin: str | None = None) -> Result:
        """Runs a command as root, to its end. With `check` it has to succeed."""
        done = subprocess.run(
            ["nsenter", "--target", str(self._door), "--all", *WITHOUT_THE_CLOCK, *ENVIRONMENT, *command],
            capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX, input=stdin,
        )
        result = Result(done.returncode, done.stdout, done.stderr)
        assert not check or result.code == 0, f"{command}: {result}"
        return result

    def shell(self, script: str, check: bool = True) -> str:
        """Runs a line of sh, and returns what it printed without the last line break."""
        return self.run("sh", "-c", script, check=check).out.rstrip("\n")

    def path(self, inside: str) -> Path:
        """Where a file of the box is on this machine, as long as nothing is mounted over it inside."""
        return self.root / inside.lstrip("/")

    def reboot(self) -> None:
        """As `systemctl reboot` does it. With --keep-unit nspawn leaves the new start to whoever started it."""
        self.run("systemctl", "reboot", check=False)
        assert self._supervisor.wait(timeout=BOOT_SECONDS_MAX) == REBOOT_CODE
        self.boot()

    def remove(self) -> None:
        """Switches it off and removes its files. The first process is asked; who is left after that is not."""
        for number in (signal.SIGRTMIN + 4, signal.SIGKILL):
            if self._supervisor and self._supervisor.poll() is None:
                with suppress(ProcessLookupError):
                    os.kill(self._door if self._door else self._supervisor.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    self._supervisor.wait(timeout=20)
        self._log.close()
        Path(self._log.name).unlink()
        shutil.rmtree(self.root)
        remove_cgroups(self.name)


def remove_cgroups(name: str) -> None:
    """Removes the empty cgroups that a box leaves behind."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", folder], check=True)
        try:
            for cgroup, _, _ in os.walk(f"{folder}/{name}", topdown=False):
                with suppress(OSError):
                    os.rmdir(cgroup)
        finally:
            subprocess.run(["umount", folder], check=True)
