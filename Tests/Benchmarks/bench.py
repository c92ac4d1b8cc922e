"""Prints every budget beside what this machine measures: `make bench`.

    bench.py [--quick] [--only GROUP] [--json | --markdown]

Groups: size, allocations, hot, start, report, and long: the long runs with what can be delivered after them. All but long take
seconds (report: a minute); long takes 17 minutes, and with --quick two, then at ten times the pace. The exit code is 1 when a budget is
missed. Figures of CPU time want a quiet machine.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "ProgramTests"), str(HERE.parent / "Receiver")]

import budgets  # noqa: E402
import certificates  # noqa: E402
from agent import Agent, compiled, cpu_seconds, interfaces_for  # noqa: E402
from appliance import wait_for  # noqa: E402
from budgets import Row  # noqa: E402
from calls import EveryTick  # noqa: E402
from delivery import delivery_rows, size_rows, start_agent, start_row  # noqa: E402
from long_runs import FULL, QUICK, LongRuns, progress  # noqa: E402
from machine import Machine  # noqa: E402
from receiver import Receiver  # noqa: E402
from report import report_rows  # noqa: E402
from test_allocations import FIRST_TICK, LAST_TICK, ticks as allocations_of_ticks  # noqa: E402

SERIES = 200
NOWHERE = "https://telemetry.example.com:4318"
SYSTEM_STORE = Path("/etc/ssl/certs/ca-certificates.crt")
HOT_SECONDS, HOT_RUNS = 6, 5


def size(folder: Path, _: bool) -> list[Row]:
    return size_rows(folder)


def allocations(folder: Path, _: bool) -> list[Row]:
    """As ProgramTests/test_allocations.py counts them, but with this machine's kernel and all its devices."""
    library = compiled(HERE.parent / "ProgramTests/count_allocations.c", folder)
    log = folder / "allocations"
    log.touch()
    environment = {"LD_PRELOAD": str(library), "ALLOCATION_LOG": str(log)}
    with Machine(interfaces_for(SERIES, folder / "series", NOWHERE)) as machine:
        agent = Agent(folder / "counted", machine, NOWHERE, interval="100ms", seal="1h", environment=environment)
        wait_for(lambda: len(allocations_of_ticks(log)) > LAST_TICK, f"tick {LAST_TICK}", seconds=120)
        series = agent.series
        agent.stop()
    counted = allocations_of_ticks(log)[FIRST_TICK:LAST_TICK]
    return [Row("allocations", "heap allocations of a tick between seals", "", sum(counted) / len(counted), 0,
                f"{len(counted)} ticks, {series} series")]  # fmt: skip


def hot(folder: Path, _: bool) -> list[Row]:
    """Both with all their memory in the processor's caches, turn and turn about, so that other load falls on both."""
    program = compiled(HERE / "read_files.c", folder)
    with Machine(interfaces_for(SERIES, folder / "series", NOWHERE)) as machine:
        log, library = folder / "calls", compiled(HERE / "count_calls.c", folder)
        environment = {"LD_PRELOAD": str(library), "CALL_LOG": str(log)}
        asked = Agent(folder / "asked", machine, NOWHERE, interval="100ms", seal="1h", environment=environment)
        wait_for(lambda: asked.ticks > 20, "twenty ticks")
        asked.stop()
        same = EveryTick.of(log)
        agent = Agent(folder / "hot-run", machine, NOWHERE, interval="100ms", seal="1h")
        reader = machine.start(str(program), "100", *same.arguments)
        ratios, each = [], []
        for _ in range(HOT_RUNS):
            tick, own, other = agent.ticks, agent.cpu_seconds, cpu_seconds(reader.pid)
            time.sleep(HOT_SECONDS)
            tick, own, other = agent.ticks - tick, agent.cpu_seconds - own, cpu_seconds(reader.pid) - other
            ratios.append(own / other)
            each.append((own / tick, other / tick))
        series = agent.series
        agent.stop()
    own, other = (1000 * median(values) for values in zip(*each, strict=True))
    note = f"{own:.3f} and {other:.3f} ms, {len(same.files)} files and {len(same.mounts)} statvfs, {series} series, a 100 ms tick"
    return [Row("hot", "CPU of a tick beside reading the same files", "times", median(ratios), 1.5, note)]


def start(folder: Path, _: bool) -> list[Row]:
    with Machine(0, is_loaded=False) as machine:
        return [start_row(start_agent(folder, machine, NOWHERE))]


def report(_: Path, __: bool) -> list[Row]:
    return report_rows()


def long(folder: Path, is_quick: bool) -> list[Row]:
    made = certificates.make_all(folder / "tls")
    # As with a public certificate, the whole store is read at each upload.
    has_store = SYSTEM_STORE.exists()
    authorities = folder / "authorities.pem"
    authorities.write_text((SYSTEM_STORE.read_text() if has_store else "") + made.ca.read_text())
    ca_note = "with the system's certificate store" if has_store else "with one certificate authority"
    with Receiver(folder / "received", made.server.certificate, made.server.key) as receiver:
        runs = LongRuns(folder, receiver.url, authorities, QUICK if is_quick else FULL)
        runs.run()
        return runs.rows + delivery_rows(runs, folder, ca_note)


GROUPS: dict[str, Callable[[Path, bool], list[Row]]] = {
    "size": size, "allocations": allocations, "hot": hot, "start": start, "report": report, "long": long,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="five minutes instead of twenty-one")
    parser.add_argument("--only", choices=GROUPS, help="one group")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one object a line")
    form.add_argument("--markdown", action="store_true", help="the table of the README")
    options = parser.parse_args()
    rows: list[Row] = []
    for name, measure in GROUPS.items():
        if options.only in (None, name):
            progress(f"{name} …")
            with tempfile.TemporaryDirectory(prefix="accord-bench-") as folder:
                os.chmod(folder, 0o755)
                rows += measure(Path(folder), options.quick)
    progress("")
    shape = budgets.as_json if options.json else budgets.as_markdown if options.markdown else budgets.as_text
    print(shape(rows))
    return 1 if any(row.verdict.startswith("MISSED") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
