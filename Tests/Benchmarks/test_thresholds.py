"""A tick and a seal cost no more allocations and instructions than thresholds.toml says.

The real agent runs a given number of ticks by a clock of its own on a captured kernel tree (benchmark-program), once for
few ticks and once for many. The difference is what the further ticks cost: the start is in both.
"""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ProgramTests"))

from appliance import PROGRAMS, Appliance  # noqa: E402

TREE = HERE.parent / "Fixtures/industrial-x86"
FEW, MANY = 30, 150
# Ticks are 10 s apart. Probes that rest between two readings have rested as often in one as in the other.
TICKS_PER_SEAL = 6


@dataclass(frozen=True)
class Threshold:
    count: int
    margin_percent: int
    reason: str

    def complaint(self, measured: float) -> str | None:
        limit = self.count * (1 + self.margin_percent / 100)
        if measured <= limit:
            return None
        return f"{measured:,.0f}, and {self.count:,} with a margin of {self.margin_percent} % are agreed: {self.reason}"


def thresholds() -> dict[str, Threshold]:
    text = (HERE / "thresholds.toml").read_text()
    return {name: Threshold(**values) for name, values in tomllib.loads(text).items()}


def command(folder: Path, ticks: int, seal: str) -> list[str]:
    """Everything is shared; an interval that closes is a row of the next batch."""
    appliance = Appliance(folder)
    appliance.write_settings(interval="10s", seal=seal)
    appliance.write_offer("https://telemetry.example.com:4318")
    resolution = {"product": "60s", "environment": "60s"} if seal == "60s" else {"environment": "3650 days"}
    appliance.write_consent({"product": "share", "environment": "share"}, resolution=resolution)
    program = PROGRAMS / "benchmark-program"
    assert program.exists(), f"{program} is not there; `make build-benchmarks` makes it"
    return [str(program), "ticks", str(appliance.prefix), str(TREE), str(ticks)]


def run(command: list[str], **environment: str) -> str:
    # Swift's hashes differ from run to run otherwise, and with them the collisions.
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"} | environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr
    return done.stderr


def instructions(folder: Path, ticks: int, seal: str) -> int:
    folder.mkdir()
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind"]
    report = run([*tool, *command(folder, ticks, seal)])
    return int(re.search(r"Collected : (\d+)", report)[1])


def instructions_per_tick(folder: Path, seal: str) -> float:
    few, many = (instructions(folder / f"{seal}-{ticks}", ticks, seal) for ticks in (FEW, MANY))
    return (many - few) / (MANY - FEW)


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> dict[str, float]:
    folder = tmp_path_factory.mktemp("thresholds")
    tick = instructions_per_tick(folder, "1h")
    seal = TICKS_PER_SEAL * (instructions_per_tick(folder, "60s") - tick)
    library, log = folder / "count_allocations.so", folder / "allocations"
    source = HERE.parent / "ProgramTests/count_allocations.c"
    subprocess.run(["gcc", "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    (folder / "counted").mkdir()
    run(command(folder / "counted", MANY, "60s"), LD_PRELOAD=str(library), ALLOCATION_LOG=str(log))
    allocations = [int(line.removeprefix("tick ")) for line in log.read_text().splitlines()][FEW : MANY]
    seals = len(allocations) / TICKS_PER_SEAL
    return {
        # Those of a seal and of the tick after it, which lets go of what the seal needed, are the few.
        "allocations_per_tick": median_low(allocations),
        "allocations_per_seal": sum(allocations) / seals,
        "instructions_per_tick": tick,
        "instructions_per_seal": seal,
    }


@pytest.mark.parametrize("name", thresholds())
def test_a_tick_and_a_seal_cost_no_more_than_agreed(name, measured):
    assert thresholds()[name].complaint(measured[name]) is None


def test_more_than_the_margin_is_found():
    threshold = Threshold(count=1000, margin_percent=10, reason="of old")
    assert threshold.complaint(1100) is None
    assert "1,101" in threshold.complaint(1101)
    assert Threshold(count=0, margin_percent=0, reason="none").complaint(1) is not None
