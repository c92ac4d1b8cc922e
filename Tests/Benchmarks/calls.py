"""What count_calls.c wrote down about a program."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# Its own /proc/self/… shows under its number; read_files.c opens its own.
OWN = re.compile(r"^/proc/\d+/(?:task/\d+/)?")


@dataclass(frozen=True)
class EveryTick:
    """The kernel's files that are read at every tick, and the file systems that are asked. Probes that rest for a
    minute between two readings are not among them."""

    files: list[str]
    mounts: list[str]

    @property
    def arguments(self) -> list[str]:
        """For read_files.c."""
        return [*self.files, "--", *self.mounts]

    @staticmethod
    def of(log: Path) -> "EveryTick":
        ticks, calls = 0, Counter()
        for line in log.read_text().splitlines():
            if line.startswith("{"):
                ticks += 1
            else:
                calls[line] += 1
        # Not the first tick, which reads everything; and a log may end within a tick.
        often = sorted(call for call, count in calls.items() if count >= 0.8 * ticks)
        read = [call.removeprefix("read ") for call in often if call.startswith(("read /proc/", "read /sys/"))]
        mounts = [call.removeprefix("statvfs ") for call in often if call.startswith("statvfs ")]
        return EveryTick([OWN.sub("/proc/self/", file) for file in read], mounts)


def last_counts(log: Path) -> dict[str, int]:
    """What was written to the disk until the latest tick."""
    return json.loads([line for line in log.read_text().splitlines() if line.startswith("{")][-1])
