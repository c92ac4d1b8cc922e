"""What `accord report` costs with a week of history: 7 days at a tick of 10 s, 141 series, 8.7 million readings."""

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


class Report:
    """One run of `accord report`, to its end."""

    def __init__(self, appliance: Appliance, file: Path):
        program = os.environ.get("ACCORD", str(PROGRAMS / "accord"))
        command = [program, "report", "--prefix", str(appliance.prefix), "--output", str(file), "--overwrite"]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.peak_kib = 0
        # Asked while it runs: ru_maxrss would begin with this Python's own size.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            try:
                self.peak_kib = max(self.peak_kib, status_number(process.pid, "VmHWM"))
            except (TypeError, FileNotFoundError):
                break  # It has no memory left: it is ending.
            time.sleep(0.002)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        self.seconds = time.perf_counter() - begun
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.bytes = file.stat().st_size


def report_rows() -> list[Row]:
    with synthetic_week.room() as folder:
        appliance = synthetic_week.make(Path(folder))
        runs = [Report(appliance, Path(folder) / "report.html") for _ in range(RUNS)]
        ((readings, series),) = appliance.sql(
            "history", "SELECT (SELECT sum(readings) FROM batches), (SELECT count(*) FROM series)"
        )
    note = f"{readings / 1e6:.1f} million readings of {series} series; {median(run.seconds for run in runs):.1f} s by the clock"
    return [
        Row("report", "accord report, a week: CPU", "s", median(run.cpu_seconds for run in runs), 5, note),
        Row("report", "accord report, a week: peak", "MiB", max(run.peak_kib for run in runs) / 1024, 64),
        Row("report", "accord report, a week: page", "KB", max(run.bytes for run in runs) / 1000, 600),
    ]  # fmt: skip
