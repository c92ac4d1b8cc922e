"""A running accordd as the benchmarks look at it: a stripped copy of its own, on this machine's kernel."""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from appliance import Appliance, program, wait_for
from machine import Machine


def stripped(name: str, folder: Path) -> Path:
    """A copy as a package installs it, on the disk: pages that are not written back yet count as dirty."""
    copy = folder / name
    subprocess.run(["strip", "-o", copy, program(name)], check=True)
    descriptor = os.open(copy, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return copy


def compiled(source: Path, folder: Path) -> Path:
    """A C program, or a library for LD_PRELOAD where the name says that it counts."""
    shared = source.name.startswith("count_")
    result = folder / (source.stem + (".so" if shared else ""))
    flags = ["-shared", "-fPIC"] if shared else []
    subprocess.run(["gcc", "-Wall", "-Werror", "-O2", *flags, "-o", result, source], check=True)
    return result


def cpu_seconds(pid: int) -> float:
    """The CPU time of another process to the nanosecond: its clock as clock_getcpuclockid(3) names it."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def status_number(pid: int, name: str) -> int:
    """A number of /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1])


class Agent:
    """accordd with both sources shared, from the construction to `stop`."""

    def __init__(
        self, folder: Path, machine: Machine, endpoint: str, *, interval: str, seal: str, ca: Path | None = None,
        environment: dict[str, str] | None = None, before_start=lambda appliance: None,
    ):
        folder.mkdir(parents=True)
        self.appliance = Appliance(folder)
        self.appliance.kernel.root = Path("/")
        self._move_run_to_memory()
        self.appliance.write_settings(interval, seal)
        self.appliance.write_offer(endpoint, ca)
        # What leaves is as fine as a seal is long. Where nothing is sealed no interval closes either: its room would grow.
        resolution = "3650 days" if seal == "1h" else seal
        sources = ("product", "environment")
        self.appliance.write_consent(dict.fromkeys(sources, "share"), resolution=dict.fromkeys(sources, resolution))
        before_start(self.appliance)
        self.program = stripped("accordd", folder)
        self._machine, self._environment = machine, environment or {}
        self.start()

    def _move_run_to_memory(self) -> None:
        """/run is a tmpfs on every appliance."""
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._run = tempfile.TemporaryDirectory(prefix="accord-bench-", dir=memory)
        self.appliance.run.rmdir()
        self.appliance.run.symlink_to(self._run.name)

    @property
    def command(self) -> list[str]:
        given = [f"{name}={value}" for name, value in self._environment.items()]
        command = self.appliance.command("accordd")
        return [*self._machine.enter, *(["env", *given] if given else []), str(self.program), *command[1:]]

    def start(self) -> None:
        log = open(self.appliance.prefix / "accordd.log", "a")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        wait_for(lambda: self.ticks, f"the first tick; see {log.name}")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def status(self) -> dict:
        status = self.appliance.status()
        return status if status and status["pid"] == self.pid else {"ticks": 0, "series": 0}

    @property
    def ticks(self) -> int:
        return self.status["ticks"]

    @property
    def series(self) -> int:
        return self.status["series"]

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def memory(self) -> dict[str, int]:
        """/proc/PID/smaps_rollup in KiB."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return {name: int(size) for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)


def interfaces_for(series: int, folder: Path, endpoint: str) -> int:
    """How many interfaces this machine lacks for that many series, as accordd counts them."""
    counts = []
    for interfaces in (0, 4):
        with Machine(interfaces, is_loaded=False) as machine:
            agent = Agent(folder / f"count-{interfaces}", machine, endpoint, interval="100ms", seal="1h")
            wait_for(lambda: agent.ticks > 3, "three ticks")
            counts.append(agent.series)
            agent.stop()
    each = (counts[1] - counts[0]) / 4
    return max(0, 2 * round((series - counts[0]) / each / 2)) if each else 0
