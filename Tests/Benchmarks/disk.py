"""What one sealed minute costs the disk, counted at three heights.

- pwrite: what SQLite asks for, by count_calls.c in front of the C library.
- /proc/PID/io: pages that became dirty, each counted once between two write-backs, those of the -shm files too.
- block device: sectors written to an ext4 file system of its own, on a loop device: all of the above that really
  got there, rounded up to blocks, with the file system's own journal. This is what wears flash, so it is the
  figure that the budget is compared with. Only root can mount; elsewhere the row is skipped.

Before the count the log is filled until it has been copied back into the database, so that it is not still growing.
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from agent import Agent, compiled
from appliance import Appliance
from budgets import Row
from calls import EveryTick, last_counts
from machine import HERE, Machine

IMAGE_BYTES = 256 * 1024 * 1024
# Six ticks a seal, as at 10 s and 60 s.
WARM_UP = {"interval": "166ms", "seal": "1s"}


class CountedDisk:
    def __init__(self, folder: Path, machine: Machine, make_agent: Callable[..., Agent], warm_up_seconds: int):
        self._machine = machine
        self._device: str | None = None
        self._problem = ""
        self._log = folder / "calls"
        self._image = folder / "disk.img"
        library = compiled(HERE / "count_calls.c", folder)
        state = folder / "disk/appliance/var/lib/accord"
        self._environment = {"LD_PRELOAD": str(library), "CALL_LOG": str(self._log), "WRITE_FOLDER": str(state)}
        self._state = state
        self.agent = make_agent(
            "disk", machine, **WARM_UP, environment=self._environment, before_start=self._mount)
        time.sleep(warm_up_seconds)
        self._warm_up = last_counts(self._log) | {"seals": self._seals()}

    def _mount(self, appliance: Appliance) -> None:
        """Puts the databases on a file system of their own. The mount ends with the machine's namespace."""
        if os.geteuid() != 0:
            self._problem = "only root can mount a file system to count on"
            return
        with open(self._image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        whole = "lazy_itable_init=0,lazy_journal_init=0"
        try:
            self._machine.run("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", whole, str(self._image))
            self._machine.run("mount", "-o", "loop", str(self._image), str(appliance.var))
            source = self._machine.run("findmnt", "--noheadings", "--output", "SOURCE", str(appliance.var)).strip()
            self._device = Path(source).name
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            self._problem = f"no file system to count on: {error}"

    def start(self, interval: str, seal: str) -> None:
        """Begins to count, at the pace of the run."""
        self.agent.stop()
        self.agent.appliance.write_settings(interval, seal)
        self.agent.start()
        self._begun = self._now()

    @property
    def every_tick(self) -> EveryTick:
        return EveryTick.of(self._log)

    def _seals(self) -> int:
        """The seals that are in the database; it may lie in another mount namespace, so it is asked in there."""
        statement = "SELECT count(DISTINCT last_ms) FROM batches"
        python = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
        return int(self._machine.run("python3", "-c", python, str(self._state / "private/history.db"), statement))

    def _now(self) -> dict[str, int]:
        if self._device:
            self._machine.run("sync", "--file-system", str(self._state))
        io = Path(f"/proc/{self.agent.pid}/io").read_text()
        dirtied = int(next(line.split()[1] for line in io.splitlines() if line.startswith("write_bytes:")))
        sectors = 0
        if self._device:
            sectors = int(Path(f"/sys/block/{self._device}/stat").read_text().split()[6])
        counts = last_counts(self._log)
        return {"pwrite": counts["bytes"], "io": dirtied, "block": 512 * sectors, "seals": self._seals(),
                "synchronisations": counts["synchronisations"]}  # fmt: skip

    def rows(self, pace: str) -> list[Row]:
        now = self._now()
        self.agent.stop()
        grown = {name: now[name] - self._begun[name] for name in now}
        seals = grown.pop("seals")
        each = {name: count / seals / 1024 for name, count in grown.items()}
        warm = self._warm_up["bytes"] / self._warm_up["seals"] / 1024
        note = f"ext4 with its journal; {seals} seals, {self.agent.series} series, {pace}"
        block = Row("long", "disk: to the block device, a sealed minute", "KiB", each["block"], 20, note)
        if not self._device:
            block = Row("long", block.what, "KiB", None, 20, self._problem)
        synchronisations = grown["synchronisations"] / seals
        return [
            block,
            Row("long", "disk: asked for by pwrite", "KiB", each["pwrite"], None,
                f"{synchronisations:.1f} synchronisations a seal; {warm:.1f} KiB with the copies back into the databases"),
            Row("long", "disk: pages dirtied (/proc/PID/io)", "KiB", each["io"], None, "whole pages, with -shm"),
        ]  # fmt: skip
