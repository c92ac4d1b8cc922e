"""logcheck mails what no rule knows. The package's rules know what an ordinary day writes, and nothing of trouble."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging/debian/accord.logcheck.ignore.server"
BEFORE = ("Nov 25 06:25:01 appliance", "2026-11-25T06:25:01.123456+01:00 appliance")


def mailed(lines: list[str], rules: str) -> list[str]:
    """What logcheck would mail. It takes comments and empty lines out of its rules, and asks grep."""
    kept = "\n".join(line for line in rules.splitlines() if line and not line.startswith("#"))
    command = ["grep", "--extended-regexp", "--invert-match", "--file=/dev/stdin", "--", "/dev/fd/3"]
    read, write = os.pipe()
    os.write(write, "".join(f"{line}\n" for line in lines).encode())
    os.close(write)
    shell = ["bash", "-c", f'exec 3<&{read}; exec "$@"', "bash", *command]
    done = subprocess.run(shell, input=kept, stdout=subprocess.PIPE, text=True, pass_fds=[read])
    os.close(read)
    return done.stdout.splitlines()


def journal(program: str, text: str) -> list[str]:
    return [f"{before} {program}[4711]: {text}" for before in BEFORE]


@pytest.fixture(scope="module")
def ordinary_lines(tmp_path_factory) -> list[str]:
    """What accordd says when it starts without a consent, gets one and stops."""
    prefix = tmp_path_factory.mktemp("appliance")
    etc = prefix / "etc/accord"
    etc.mkdir(parents=True)
    for folder in ("var/lib/accord/private", "run/accord"):
        (prefix / folder).mkdir(parents=True)
    (etc / "accord.toml").write_text('[sampling]\ninterval = "100ms"\n')
    program = os.environ.get("ACCORDD", ROOT / ".build-programs/release/accordd")
    daemon = subprocess.Popen([program, "--prefix", prefix], stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    (etc / "new").write_text('schema = 1\nsupplier = "Example"\n[sources]\nproduct = "local"\nenvironment = "local"\n')
    (etc / "new").chmod(0o644)
    (etc / "new").rename(etc / "consent.toml")
    time.sleep(4)
    daemon.terminate()
    _, text = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    return [line.removeprefix("accordd: ").replace(str(prefix), "") for line in text.splitlines()]


def test_an_ordinary_day_of_the_agent_is_not_mailed(ordinary_lines):
    assert any("there is no consent" in line for line in ordinary_lines)
    assert any("agreement in force" in line for line in ordinary_lines)
    lines = [whole for line in ordinary_lines for whole in journal("accordd", line)]
    assert mailed(lines, RULES.read_text()) == []


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("accordd", "/etc/accord/accord.toml was read again: other settings are in force"),
        ("accord", "uploads work again"),
        ("systemd", "Starting accordd.service - Accord: samples what the customer's agreement allows..."),
        ("systemd", "Started accordd.service - Accord: samples what the customer's agreement allows."),
        ("systemd", "Started accord-upload.timer - Accord: uploads every 15 minutes, while accordd runs."),
        ("systemd", "accordd.service: Deactivated successfully."),
        ("systemd", "accordd.service: Consumed 1.201s CPU time."),
    ],
)
def test_a_start_a_reload_and_the_end_of_a_trouble_are_not_mailed(program, text):
    number = "1" if program == "systemd" else "4711"
    assert mailed([line.replace("4711", number) for line in journal(program, text)], RULES.read_text()) == []


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("accordd", "environment is no longer agreed (/etc/accord/consent.toml:12): removing 3 batches"),
        ("accordd", "agreement in force: product held"),
        ("accordd", "/etc/accord/consent.toml:7:15: unknown value"),
        ("accord", "HTTP 401: the receiver does not let this appliance in; check the credentials"),
        ("systemd", "accordd.service: Main process exited, code=killed, status=9/KILL"),
    ],
)
def test_trouble_and_deletions_are_mailed(program, text):
    lines = journal(program, text)
    assert mailed(lines, RULES.read_text()) == lines


def test_every_rule_is_anchored():
    rules = [line for line in RULES.read_text().splitlines() if not line.startswith("#")]
    assert rules and all(re.fullmatch(r"\^.*\$", rule) for rule in rules)
