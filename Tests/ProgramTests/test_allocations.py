"""Between two seals a tick of the daemon allocates no memory, so that neither the heap nor its fragments can grow.

The whole way of a sample is under test: the look at the agreement, the kernel's files, gate 1, history, spool and the
status file. count_allocations.c, loaded into the real program, writes a line for each tick.
"""

import socket
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from appliance import Appliance, wait_for

# Files that changed less than 2 s ago are read again at each tick, and what is read makes its room in the first ticks.
# The end of 30 s in which the agreement stands unchanged asks the databases whether something has to be deleted: the
# clock jumps over it. Then it jumps over a quarter of an hour, after which the slow probes are due.
FIRST_TICK = 60
CLOCK_JUMPS = "45:100,150:960"
LAST_TICK = 240


@pytest.fixture
def counted(tmp_path: Path, monkeypatch) -> Path:
    """Where every program that the test starts writes what it allocates."""
    library, log = tmp_path / "count_allocations.so", tmp_path / "allocations"
    source = Path(__file__).with_name("count_allocations.c")
    subprocess.run(["gcc", "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    log.touch()
    # With a service manager, as in operation: each tick sends a ping.
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ALLOCATION_LOG", str(log))
    monkeypatch.setenv("ALLOCATION_TRACE_FROM", str(FIRST_TICK))
    monkeypatch.setenv("CLOCK_JUMPS", CLOCK_JUMPS)
    return log


def ticks(log: Path) -> list[int]:
    """The number of allocations of each tick."""
    lines = log.read_text().splitlines()
    return [int(line.removeprefix("tick ")) for line in lines if line.startswith("tick ")]


def stacks(log: Path) -> str:
    """The stacks of the allocations in the ticks that count, the most frequent first; addr2line names the offsets."""
    traced = log.read_text().split("\ntick ")[FIRST_TICK:LAST_TICK]
    found = Counter(stack for text in traced for stack in text.split("allocation\n")[1:])
    return "\n".join(f"{count} times:\n{stack}" for stack, count in found.most_common(10))


def test_the_counter_sees_what_a_start_allocates(bare_appliance: Appliance, counted: Path):
    bare_appliance.write_settings(interval="100ms", seal="1h")
    with bare_appliance.daemon():
        wait_for(lambda: ticks(counted), "the first tick")
    assert ticks(counted)[0] > 100


@pytest.mark.parametrize("machine", ["industrial-x86", "small-arm64", "this one"])
def test_a_tick_between_two_seals_allocates_nothing(bare_appliance: Appliance, counted: Path, machine: str):
    bare_appliance.kernel.become("container" if machine == "this one" else machine)
    bare_appliance.write_settings(interval="100ms", seal="1h")
    bare_appliance.write_offer("https://telemetry.example.com:4318")
    # An interval that closes is a row of the next batch, for which the room grows until the first seal. This one is
    # so long that none closes.
    bare_appliance.write_consent({"product": "local", "environment": "share"}, resolution={"environment": "3650 days"})
    with bare_appliance.daemon(*(["--kernel-root", "/"] if machine == "this one" else [])):
        wait_for(lambda: len(ticks(counted)) > LAST_TICK, f"tick {LAST_TICK}", seconds=120)
        status = bare_appliance.status()
    assert status["series"] > 60 and "failed" not in {probe["outcome"] for probe in status["probes"]}
    slow = {"/proc/locks", "/proc/[pid]/stat", "/proc/net/tcp", "/proc/net/udp"}
    assert slow <= {probe["file"] for probe in status["probes"] if probe["outcome"] == "readings"}
    allocations = ticks(counted)[FIRST_TICK:LAST_TICK]
    assert sum(allocations) == 0, stacks(counted)
