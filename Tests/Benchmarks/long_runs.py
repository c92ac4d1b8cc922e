"""What only time shows. Four daemons run side by side, because each of them does next to nothing:

    steady    a tick a second, 200 series: memory
    ticks     a tick every ten seconds, 200 series: CPU, wake-ups, and a spool to deliver
    disk      the same, its databases on a file system of their own: what reaches the block device
    history   the same with 130 series: bytes per reading

In a quick run all but the first go ten times as fast, and figures that depend on the pace are rougher.
"""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from agent import Agent, compiled, cpu_seconds, interfaces_for, status_number
from budgets import Row
from disk import CountedDisk
from machine import HERE, LOAD, Machine


@dataclass(frozen=True)
class Pace:
    """How long, and how fast."""

    name: str
    interval: str
    interval_seconds: float
    seal: str
    steady_seconds: int
    seconds: int
    warm_up_seconds: int


# Fifteen closed intervals of a minute are one delivery; one more is open.
FULL = Pace("a tick every 10 s, sealed every 60 s", "10s", 10, "60s", 300, 16 * 60 + 20, 120)
QUICK = Pace("QUICK: a tick every second, sealed every 6 s", "1s", 1, "6s", 90, 98, 30)


@dataclass
class Observed:
    """CPU seconds of each tick, without and with a seal."""

    ticks: list[float] = field(default_factory=list)
    seals: list[float] = field(default_factory=list)


class LongRuns:
    def __init__(self, folder: Path, endpoint: str, ca: Path, pace: Pace):
        self.folder, self.pace = folder, pace
        self._endpoint, self._ca = endpoint, ca
        self.observed = Observed()
        self.rows: list[Row] = []

    def _agent(self, name: str, machine: Machine, interval: str, seal: str, **options) -> Agent:
        return Agent(self.folder / name, machine, self._endpoint, ca=self._ca, interval=interval, seal=seal, **options)

    def run(self) -> None:
        """Takes `pace.seconds`; afterwards `ticks` and `history` are stopped, and their prefixes can be delivered."""
        pace = self.pace
        many = interfaces_for(200, self.folder / "many", self._endpoint)
        few = interfaces_for(130, self.folder / "few", self._endpoint)
        with Machine(many) as machine, Machine(few) as smaller:
            self.disk = CountedDisk(self.folder, machine, self._agent, pace.warm_up_seconds)
            self.steady = self._agent("steady", machine, "1s", "60s")
            self.ticking = self._agent("ticks", machine, pace.interval, pace.seal)
            self.history = self._agent("history", smaller, pace.interval, pace.seal)
            self.disk.start(pace.interval, pace.seal)
            reader = self._start_reader(machine)
            self._observe(reader)
            self.peak_kib = status_number(self.ticking.pid, "VmHWM")
            for agent in (self.steady, self.ticking, self.history):
                agent.stop()

    def _start_reader(self, machine: Machine) -> subprocess.Popen:
        program = compiled(HERE / "read_files.c", self.folder)
        milliseconds = str(round(1000 * self.pace.interval_seconds))
        return machine.start(str(program), milliseconds, *self.disk.every_tick.arguments)

    def _observe(self, reader: subprocess.Popen) -> None:
        """Reads the clocks half-way between ticks, so that each difference is one whole tick."""
        pace, agent = self.pace, self.ticking
        begun = time.monotonic()
        switches = status_number(agent.pid, "voluntary_ctxt_switches")
        first_tick, reader_cpu = agent.ticks, cpu_seconds(reader.pid)
        last_tick, last_cpu, last_sealed = first_tick, None, self._sealed()
        self._memory: list[dict[str, int]] = []
        while time.monotonic() - begun < pace.seconds:
            if agent.ticks != last_tick:
                time.sleep(pace.interval_seconds / 2)
                tick, cpu, sealed = agent.ticks, agent.cpu_seconds, self._sealed()
                if last_cpu is not None and tick == last_tick + 1:
                    (self.observed.ticks if sealed == last_sealed else self.observed.seals).append(cpu - last_cpu)
                last_tick, last_cpu, last_sealed = tick, cpu, sealed
            if -60 < time.monotonic() - begun - pace.steady_seconds < 0:
                self._memory.append(self.steady.memory())
            time.sleep(0.2)
            progress(f"long runs: {pace.seconds - (time.monotonic() - begun):.0f} s left")
        minutes = (time.monotonic() - begun) / 60
        switches = status_number(agent.pid, "voluntary_ctxt_switches") - switches
        reader_cpu = cpu_seconds(reader.pid) - reader_cpu
        self._take_memory()
        self._take_ticks(switches / minutes * pace.interval_seconds / 10, reader_cpu / (agent.ticks - first_tick))
        self.rows += self.disk.rows(self.pace.name)
        self._take_history()

    def _sealed(self) -> int:
        return (self.ticking.appliance.var / "private/history.db-wal").stat().st_mtime_ns

    def _take_memory(self) -> None:
        """What it is most of the time: it rises at a seal, and falls after it."""
        agent = self.steady
        memory = {name: median(each[name] for each in self._memory) for name in self._memory[0]}
        most = {name: max(each[name] for each in self._memory) / 1024 for name in self._memory[0]}
        seconds = self.pace.steady_seconds
        after = f"the median from {seconds - 60} to {seconds} s at a 1 s tick, {agent.series} series; the most "
        slow = f"{self.ticking.memory()['Private_Dirty'] / 1024:.2f} with {self.pace.name}"
        threads = status_number(agent.pid, "Threads")
        self.rows += [
            Row("long", "accordd resident", "MiB", memory["Rss"] / 1024, 8, f"{after}{most['Rss']:.2f}"),
            Row(
                "long", "accordd private dirty", "MiB", memory["Private_Dirty"] / 1024, 1,
                f"{after}{most['Private_Dirty']:.2f}; {slow}"),
            Row("long", "accordd proportional (PSS)", "MiB", memory["Pss"] / 1024, None, f"{after}{most['Pss']:.2f}"),
            Row("long", "accordd threads", "", threads, 1),
        ]

    def _take_ticks(self, wakeups: float, reader_cpu: float) -> None:
        tick, seal, series = median(self.observed.ticks), mean(self.observed.seals), self.ticking.series
        each = f"median of {len(self.observed.ticks)}, mean {1000 * mean(self.observed.ticks):.3f}, {series} series"
        beside = f"beside {reader_cpu * 1000:.3f} ms of read_files.c: {tick / reader_cpu:.2f} times"
        self.rows += [
            Row("long", "CPU of a tick", "ms", tick * 1000, 0.35, f"{each}, {self.pace.name}; {beside}"),
            Row("long", "CPU of a tick with a seal", "ms", seal * 1000, None, f"mean of {len(self.observed.seals)}"),
            Row("long", "wake-ups a minute at a 10 s tick", "", wakeups, 7, self.pace.name),
        ]

    def _take_history(self) -> None:
        var = self.history.appliance.var
        ((size, readings, batches),) = self.history.appliance.sql(
            "history", "SELECT sum(length(columns)), sum(readings), count(*) FROM batches")
        files = {name: (var / name).stat().st_size / 1024 for name in ("private/history.db", "private/history.db-wal")}
        note = (
            f"{self.history.series} series, {readings} readings in {batches} batches, {self.pace.name}; load: {LOAD}; "
            f"history.db {files['private/history.db']:.0f} KiB and its log {files['private/history.db-wal']:.0f} KiB"
        )
        self.rows.append(Row("long", "history", "bytes a reading", size / readings, 1, note))
        ((size, readings),) = self.history.appliance.sql(
            "spool", "SELECT sum(length(columns)), sum(readings) FROM batches")
        note = f"{readings} readings, a batch holds one interval"
        self.rows.append(Row("long", "spool", "bytes a reading", size / readings, None, note))


def progress(text: str) -> None:
    """One line that is written over, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
