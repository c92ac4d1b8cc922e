"""What `accord report` and `accord dump` cost with a week of history: 7 days at a tick of 10 s, 141 series, 8.7 million
readings. The dump holds the last of these days reading by reading, and the report of all seven as its page."""

import os
import subprocess
import time
from pathlib import Path
from statistics import median

import synthetic_week
from agent import status_number
from appliance import PROGRAMS, Appliance
from budgets import Row

RUNS = 5


class Run:
    """One run of a command of `accord`, to its end."""

    def __init__(self, appliance: Appliance, *words: str):
        program = os.environ.get("ACCORD", str(PROGRAMS / "accord"))
        begun = time.perf_counter()
        process = subprocess.Popen([program, *words, "--prefix", str(appliance.prefix)], stdout=subprocess.DEVNULL)
        # Of the process itself, and of the largest among those that it starts for the sections of a dump.
        self.peak_kib = self.child_peak_kib = 0
        # Asked while it runs: ru_maxrss would begin with this Python's own size.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            try:
                self.peak_kib = max(self.peak_kib, status_number(process.pid, "VmHWM"))
            except (TypeError, FileNotFoundError):
                break  # It has no memory left: it is ending.
            self.child_peak_kib = max([self.child_peak_kib, *self._children(process.pid)])
            time.sleep(0.002)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        self.seconds = time.perf_counter() - begun
        self.cpu_seconds = usage.ru_utime + usage.ru_stime

    @staticmethod
    def _children(pid: int) -> list[int]:
        peaks = []
        try:
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                peaks.append(status_number(int(child), "VmHWM"))
        except (TypeError, OSError):
            pass  # It has ended meanwhile.
        return peaks


def report_rows() -> list[Row]:
    with synthetic_week.room() as folder:
        appliance = synthetic_week.make(Path(folder))
        ((readings, series),) = appliance.sql(
            "history", "SELECT (SELECT sum(readings) FROM batches), (SELECT count(*) FROM series)"
        )
        return _reports(appliance, Path(folder), f"{readings / 1e6:.1f} million readings of {series} series") + _dumps(
            appliance, Path(folder)
        )


def _reports(appliance: Appliance, folder: Path, what: str) -> list[Row]:
    file = folder / "report.html"
    runs = [Run(appliance, "report", "--overwrite", "--output", str(file)) for _ in range(RUNS)]
    note = f"{what}; {median(run.seconds for run in runs):.1f} s by the clock"
    return [
        Row("report", "accord report, a week: CPU", "s", median(run.cpu_seconds for run in runs), 5, note),
        Row("report", "accord report, a week: peak", "MiB", max(run.peak_kib for run in runs) / 1024, 64),
        Row("report", "accord report, a week: page", "KB", file.stat().st_size / 1000, 600),
    ]  # fmt: skip


def _dumps(appliance: Appliance, folder: Path) -> list[Row]:
    runs, sizes = [], []
    for number in range(RUNS):
        runs.append(Run(appliance, "dump", "--include-local", "--output", str(folder), "--case", str(number)))
        (archive,) = folder.glob(f"accord-dump-{number}-*.tar.gz")
        sizes.append(archive.stat().st_size)
        archive.unlink()
    note = f"{median(run.seconds for run in runs):.1f} s by the clock"
    section = max(run.child_peak_kib for run in runs) / 1024
    return [
        Row("report", "accord dump, a week: CPU", "s", median(run.cpu_seconds for run in runs), 10, note),
        Row("report", "accord dump, a week: peak", "MiB", max(run.peak_kib for run in runs) / 1024, 64, f"its largest section {section:.0f} MiB"),
        Row("report", "accord dump, a week: archive", "KB", max(sizes) / 1000, 6000),
    ]  # fmt: skip
