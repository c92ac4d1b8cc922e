"""systemd/restart-pause, by itself: how long it waits before the next start, and what it forgets."""

import os
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "systemd" / "restart-pause"


def uptime() -> int:
    return int(float(Path("/proc/uptime").read_text().split()[0]))


@pytest.fixture
def pause(tmp_path: Path):
    """Runs the script with a `sleep` that only says how long, and a folder of its own in place of /run/accord."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sleep").write_text('#!/bin/sh\necho "sleeps $1"\n')
    (programs / "sleep").chmod(0o755)

    def run(word: str, **environment: str) -> str:
        surroundings = {"PATH": f"{programs}:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(tmp_path)} | environment
        return subprocess.run([SCRIPT, word], env=surroundings, capture_output=True, text=True, check=True).stdout

    return run


def record(tmp_path: Path) -> list[str]:
    return (tmp_path / "failures").read_text().split()


def remember(tmp_path: Path, failures: int, seconds_ago: int) -> None:
    (tmp_path / "failures").write_text(f"{failures} {uptime() - seconds_ago}\n")


def slept(said: str) -> int:
    return int(said.split("sleeps ")[1]) if "sleeps" in said else 0


def test_the_pauses_are_5_10_20_40_80_160_and_then_300_seconds(pause, tmp_path):
    pauses = []
    for failures in range(1, 10):
        remember(tmp_path, failures, seconds_ago=5)
        # systemd has waited 5 s already.
        pauses.append(5 + slept(pause("before")))
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_each_failure_is_counted_whatever_its_name_is(pause, tmp_path):
    for count, result in enumerate(("exit-code", "signal", "watchdog", "oom-kill", "timeout", "core-dump"), start=1):
        pause("after", SERVICE_RESULT=result)
        assert record(tmp_path)[0] == str(count)


def test_a_stop_that_was_asked_for_forgets_the_failures(pause, tmp_path):
    pause("after", SERVICE_RESULT="signal")
    pause("after", SERVICE_RESULT="success")
    assert not (tmp_path / "failures").exists()
    assert pause("before") == ""


def test_a_calm_hour_forgets_them_too(pause, tmp_path):
    remember(tmp_path, 6, seconds_ago=3601)
    pause("after", SERVICE_RESULT="signal")
    assert record(tmp_path)[0] == "1"


def test_whoever_starts_it_before_systemd_would_does_not_wait(pause, tmp_path):
    remember(tmp_path, 6, seconds_ago=3)
    assert pause("before") == ""


@pytest.mark.parametrize("text", ["", "nonsense", "3", "-1 4", "1 2 3; reboot", "999999999999999999999 5"])
def test_a_record_that_makes_no_sense_neither_keeps_it_from_starting_nor_makes_it_wait_longer(pause, tmp_path, text):
    (tmp_path / "failures").write_text(text)
    assert slept(pause("before")) <= 295
    pause("after", SERVICE_RESULT="signal")
    assert int(record(tmp_path)[0]) >= 1


def test_a_pause_says_why_and_a_stop_ends_it_at_once_and_is_no_failure(tmp_path):
    remember(tmp_path, 6, seconds_ago=6)
    (tmp_path / "failure").write_text("no database\n")
    surroundings = {"PATH": os.environ["PATH"], "RUNTIME_DIRECTORY": str(tmp_path)}
    pausing = subprocess.Popen(
        [SCRIPT, "before"], env=surroundings, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert pausing.stdout.readline() == "<5>accordd fails again and again: no database\n"
    assert "it is started 160 s after the last time" in pausing.stdout.readline()
    time.sleep(0.2)
    # systemd ends everything in the control group.
    begun = time.monotonic()
    os.killpg(pausing.pid, 15)
    assert pausing.wait(timeout=5) == 0
    assert time.monotonic() - begun < 1
