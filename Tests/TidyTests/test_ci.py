"""The verdict of .ci/run is that of its steps: shown with stand-ins for the commands that it calls."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What a step is called by, as it stands in a stand-in's command line.
STEPS = ["set-up ", "set-up --for-packaging", "swift format", "test-packaging", "build-tests", "make test "]


def run(tree: Path, failing: str | None) -> subprocess.CompletedProcess[str]:
    """Runs a copy of .ci/run, where the step that `failing` names exits with 1 and every other one with 0."""
    (tree / ".ci").mkdir()
    (tree / "packaging").mkdir()
    script = tree / ".ci/run"
    script.write_bytes((ROOT / ".ci/run").read_bytes())
    for command in ["packaging/set-up", "make", "swift"]:
        stand_in = tree / command
        stand_in.write_text(
            f'#!/bin/bash\nstep="$(basename "$0") $* "; echo "$step"\n[[ "$step" != *"{failing}"* ]]\n'
        )
        stand_in.chmod(0o755)
    path = {"PATH": f"{tree}:/usr/bin:/bin", "TMPDIR": str(tree)}
    return subprocess.run(["bash", script], env=path, capture_output=True, text=True)


def test_ci_says_yes_when_every_step_does_and_leaves_nothing_behind(tmp_path):
    done = run(tmp_path, failing=None)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("make test "), "the tests of the README come last"
    assert not list(tmp_path.glob("tmp.*"))


@pytest.mark.parametrize("step", STEPS)
def test_ci_says_no_when_one_step_does_and_prints_what_that_one_did(step, tmp_path):
    done = run(tmp_path, failing=step)
    assert done.returncode != 0
    assert step in done.stdout
    assert not list(tmp_path.glob("tmp.*"))
