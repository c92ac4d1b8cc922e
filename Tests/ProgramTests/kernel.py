"""A folder with the kernel's files, as a test wants the programs to see them."""

import os
import shutil
from pathlib import Path

# Trees of whole machines.
MACHINES = Path(__file__).resolve().parents[1] / "Fixtures"

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
        "Shmem:              4010 kB\n"
        "Slab:              32008 kB\n"
        "SReclaimable:      16009 kB\n"
        "SUnreclaim:        15999 kB\n"
    ),
    "proc/loadavg": "0.31 0.22 0.13 2/345 6789\n",
    "proc/uptime": "1234.56 900.14\n",
    "etc/os-release": (
        'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nBUILD_ID=2026-11-01\n'
    ),
}

# Receive: bytes packets errors dropped, then four that are not read; transmit: the same.
INTERFACES = {"lo": (7001, 71, 0, 0, 7001, 71, 0, 0), "eth0": (8002001, 8101, 1, 2, 9003001, 9102, 4, 5)}


def net_dev(interfaces: dict[str, tuple[int, ...]]) -> str:
    """The text of /proc/net/dev."""
    lines = [
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast"
        "|bytes    packets errs drop fifo colls carrier compressed\n"
    ]
    for name, counters in interfaces.items():
        received, sent = (" ".join(f"{count:8}" for count in half) for half in (counters[:4], counters[4:]))
        lines.append(f"{name:>6}: {received}    0     0          0         3 {sent}    0     0       0          0\n")
    return "".join(lines)


class Kernel:
    """The `proc`, `sys` and `etc` below one folder, at first those above."""

    def __init__(self, root: Path):
        self.root = root
        for path, text in KERNEL_FILES.items():
            self.write(path, text)
        self.write_interfaces()

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

    def write_interfaces(self, **added: tuple[int, ...]) -> None:
        """The interfaces above and those that are given, with their eight counters each."""
        self.write("proc/net/dev", net_dev(INTERFACES | added))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def become(self, machine: str) -> None:
        """Puts a copy of a machine below Tests/Fixtures in place of everything."""
        shutil.rmtree(self.root)
        shutil.copytree(MACHINES / machine, self.root, symlinks=True)
