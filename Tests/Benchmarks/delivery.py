"""What a delivery costs, and a start with full databases: on copies of what the long runs left.

Nobody keeps the clock of a test machine right, so `accord upload` asks the receiver for the time first. That request
carries nothing and is counted in the CPU time, not in the bytes.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from statistics import mean, median

from agent import Agent, status_number, stripped
from appliance import PROGRAMS, run, wait_for
from budgets import Row
from long_runs import LongRuns

# Quarters of an hour a day: one delivery each.
DELIVERIES = 96
TICKS, SEALS = 8640, 1440
HALF_OF_100_MB = 50_000_000


def copied(prefix: Path, folder: Path) -> Path:
    """A copy from which an upload sends: the ledger is told its own inode, because a copied one sends nothing."""
    shutil.copytree(prefix, folder, symlinks=True)
    ledger = folder / "var/lib/accord/ledger.db"
    with closing(sqlite3.connect(ledger)) as connection:
        inode = str(ledger.stat().st_ino)
        assert connection.execute("UPDATE marks SET value = ? WHERE key = 'inode'", (inode,)).rowcount == 1
        connection.commit()
    return folder


def multiplied(database: Path, until_bytes: int = 0, copies: int = 0) -> None:
    """Copies the batches that accordd sealed, by doubling to a size, or each `copies` times with its times moved on. The
    triggers of the schema keep the totals."""
    with closing(sqlite3.connect(database)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(batches)") if row[1] != "number"]
        quoted = [f'"{name}"' for name in names]
        columns = ", ".join(quoted)
        if copies:
            (span,) = connection.execute("SELECT max(last_ms) - min(first_ms) + 60000 FROM batches").fetchone()
            # Copies are as from a clock that was kept right, so that each keeps its own times.
            moved = columns.replace('"offset_ms"', f"offset_ms - number_of_copy * {span}")
            moved = moved.replace('"is_synchronised"', "1")
            numbers = f"WITH RECURSIVE n(number_of_copy) AS (VALUES (1) UNION ALL SELECT number_of_copy + 1 FROM n WHERE number_of_copy < {copies - 1})"  # fmt: skip
            connection.execute(f"INSERT INTO batches ({columns}) {numbers} SELECT {moved} FROM batches, n")
        while (size := connection.execute("SELECT page_count * 1024 FROM pragma_page_count").fetchone()[0]) < until_bytes:
            (rows,) = connection.execute("SELECT count(*) FROM batches").fetchone()
            wanted = max(1, min(rows, rows * (until_bytes - size) // size))
            connection.execute(f"INSERT INTO batches ({columns}) SELECT {columns} FROM batches LIMIT {wanted}")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Upload:
    """One run of `accord upload --json`, to its end."""

    def __init__(self, prefix: Path):
        command = [os.environ.get("ACCORD", str(PROGRAMS / "accord")), "upload", "--json", "--prefix", str(prefix)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.peak_kib = 0
        # Asked while it runs: ru_maxrss would begin with this Python's own size.
        while not self._has_ended(process.pid):
            try:
                self.peak_kib = max(self.peak_kib, status_number(process.pid, "VmHWM"))
            except (TypeError, FileNotFoundError):
                break  # It has no memory left: it is ending.
            time.sleep(0.0005)
        out, err = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, err
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        sent = json.loads(out)["sent"]
        self.readings = sum(source["readings"] for source in sent)
        self.bytes = sum(source["bytes"] for source in sent)
        self.requests = sum(source["requests"] for source in sent)

    @staticmethod
    def _has_ended(pid: int) -> bool:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def delivery_rows(runs: LongRuns, folder: Path, ca_note: str) -> list[Row]:
    """Wire, encoding, a day's CPU, and the peak of a day that was not delivered."""
    history, ticks = runs.history.appliance.prefix, runs.ticking.appliance.prefix
    run([str(PROGRAMS / "accord"), "upload", "--help"])  # Its pages are in memory, as on an appliance that ran it before.
    wire = Upload(copied(history, folder / "wire"))
    encoded = encode(copied(history, folder / "encode"))
    batching = encoded["single_gzip_bytes"] / encoded["gzip_bytes"]
    gain = f"a request for each interval would take {batching:.1f} times as much: the gain is batching"
    deliveries = [Upload(copied(ticks, folder / f"delivery-{number}")) for number in range(7)]
    delivery = median(upload.cpu_seconds for upload in deliveries)
    rows = [
        Row("long", "wire", "bytes a reading", wire.bytes / wire.readings, 5.5,
            f"{wire.readings} readings of {runs.history.series} series in {wire.requests} requests, {runs.pace.name}; {gain}"),
        Row("long", "encoding and gzip", "x zlib alone", encoded["encode_and_gzip_ns"] / encoded["zlib_ns"], 1.5,
            f"{encoded['raw_bytes'] / 1024:.0f} KiB before compression, zlib {encoded['zlib_ns'] / 1e6:.2f} ms"),
        Row("long", "CPU of a delivery", "ms", delivery * 1000, None,
            f"accord upload, {deliveries[0].readings} readings, median of 7; {ca_note}"),
    ]  # fmt: skip
    observed = runs.observed
    # Means: what a minute costs once, in whichever tick, belongs to the day.
    plain, sealing = mean(observed.ticks), mean(observed.seals)
    day = (TICKS - SEALS) * plain + SEALS * sealing + DELIVERIES * delivery
    parts = f"{TICKS} ticks, {SEALS} of them with a seal, {DELIVERIES} deliveries, each as measured"
    rows.append(Row("long", "CPU of a day at a 10 s tick", "s", day, 6, parts))
    return rows + [peak_row(runs, ticks, folder)]


def peak_row(runs: LongRuns, prefix: Path, folder: Path) -> Row:
    whole_day = copied(prefix, folder / "day")
    multiplied(whole_day / "var/lib/accord/spool.db", copies=DELIVERIES)
    upload = Upload(whole_day)
    own = f"accordd {runs.peak_kib / 1024:.1f}, accord {upload.peak_kib / 1024:.1f}"
    note = f"{own}; a day of {upload.readings} readings, {upload.bytes / 1024:.0f} KiB in {upload.requests} requests"
    return Row("long", "peak of both programs, a day undelivered", "MiB", (runs.peak_kib + upload.peak_kib) / 1024, None, note)  # fmt: skip


def encode(prefix: Path) -> dict[str, int]:
    output = run([str(PROGRAMS / "benchmark-program"), "encode", str(prefix)])
    assert output.code == 0, output.err
    return output.json[0]


def start_row(agent: Agent) -> Row:
    """From the exec to the first status file, with 100 MB of databases: both in the page cache and not."""
    var = agent.appliance.var
    for name in ("private/history.db", "spool.db"):
        multiplied(var / name, until_bytes=HALF_OF_100_MB)
    size = sum((var / name).stat().st_size for name in ("private/history.db", "spool.db"))
    cached = median(started(agent, drop_caches=False) for _ in range(7))
    cold = median(started(agent, drop_caches=True) for _ in range(7))
    note = f"{size / 1e6:.0f} MB, program and databases not in the page cache; {1000 * cached:.0f} ms when they are"
    return Row("start", "start to the first tick", "ms", 1000 * cold, 50, note)


def started(agent: Agent, drop_caches: bool) -> float:
    if drop_caches:
        for file in [agent.program, *agent.appliance.var.rglob("*.db*")]:
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
    status = agent.appliance.run / "status.json"
    status.unlink(missing_ok=True)
    begun = time.perf_counter()
    process = subprocess.Popen(agent.command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not status.exists():
            assert process.poll() is None and time.perf_counter() - begun < 30, "accordd does not start"
            time.sleep(0.0002)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(timeout=60)


def start_agent(folder: Path, machine, endpoint: str) -> Agent:
    """A short run, so that there are batches to copy."""
    agent = Agent(folder / "start", machine, endpoint, interval="100ms", seal="1s")
    wait_for(lambda: agent.ticks > 25, "25 ticks")
    agent.stop()
    return agent


def size_rows(folder: Path) -> list[Row]:
    sizes = {name: stripped(name, folder).stat().st_size / 1e6 for name in ("accordd", "accord")}
    return [
        Row("size", "accordd, stripped", "MB", sizes["accordd"], 8),
        Row("size", "accord, stripped", "MB", sizes["accord"]),
    ]
