"""A week of an appliance that never was, as Tests/Benchmarks/Program/SyntheticWeek.swift makes it up."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from appliance import PROGRAMS, Appliance


def room() -> tempfile.TemporaryDirectory:
    """In memory where that is possible: each of ten thousand seals asks the disk to keep it."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="accord-week-", dir=memory)


def make(folder: Path) -> Appliance:
    appliance = Appliance(folder)
    program = str(PROGRAMS / "benchmark-program")
    subprocess.run([program, "week", str(appliance.prefix)], check=True, stderr=subprocess.DEVNULL, timeout=170)
    return appliance


def pretend_running(appliance: Appliance) -> None:
    """Lets accordd look alive for half a minute: this process is the one that its status file names."""
    file = appliance.run / "status.json"
    status = json.loads(file.read_text())
    boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    status |= {"pid": os.getpid(), "is_running": True, "last_tick_boot_ms": boot, "deletion_due_in_ms": None}
    status |= {"last_tick_ms": time.time_ns() // 1_000_000, "series": 148}
    file.write_text(json.dumps(status))
