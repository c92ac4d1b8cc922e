"""A clock that a test turns, for the real programs: the side of the test. turned_clock.c says how it works.

clock = TurnedClock(folder, monkeypatch)
with appliance.daemon():
    clock.advance(10)      # as soon as the daemon waits for its next tick, 10 s are over
"""

import os
import select
import struct
import subprocess
import time
from pathlib import Path

import pytest


class TurnedClock:
    """Stands still until it is turned. Every program that the test starts from now on goes by it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.boot_milliseconds = 3_600_000
        self.wall_milliseconds = time.time_ns() // 1_000_000
        folder.mkdir()
        library, source = folder / "turned_clock.so", Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
        self._time = os.open(folder / "time", os.O_RDWR | os.O_CREAT, 0o644)
        for name in ("waits", "goes"):
            os.mkfifo(folder / name)
        # Opened both ways, so that neither side waits for the other here.
        self._waits, self._goes = (os.open(folder / name, os.O_RDWR) for name in ("waits", "goes"))
        self._write()
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("TURNED_CLOCK", str(folder))

    def wait(self) -> None:
        """Waits until the daemon has done its tick and waits itself."""
        os.read(self._waits, 1)

    def advance(self, seconds: int) -> None:
        """Lets so many seconds pass and one tick come: once after each `wait`."""
        self.boot_milliseconds += 1000 * seconds
        self.wall_milliseconds += 1000 * seconds
        self._write()
        os.write(self._goes, struct.pack("=Q", 1))

    def forget(self) -> None:
        """Takes back what a daemon that was killed has left in the pipes."""
        for pipe in (self._waits, self._goes):
            while select.select([pipe], [], [], 0)[0]:
                os.read(pipe, 4096)

    def _write(self) -> None:
        os.pwrite(self._time, struct.pack("=qq", self.boot_milliseconds, self.wall_milliseconds), 0)
