"""The units as they stand in systemd/: what systemd says of them, and that every exception has its reason beside it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
SERVICES = ("accordd.service", "accord-upload.service")

# What systemd 252 does not know, 254 and newer do: it would be warned of in the journal of Debian 12.
TOO_NEW = "RestartSteps RestartMaxDelaySec RestartMode ImportCredential PrivatePIDs SetLoginEnvironment".split()


@pytest.mark.parametrize(("unit", "exposure"), [("accordd.service", 12), ("accord-upload.service", 20)])
def test_the_exposure_that_systemd_computes_is_at_most(unit, exposure):
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={exposure}", UNITS / unit]
    verdict = subprocess.run(command, capture_output=True, text=True)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_systemd_finds_nothing_to_complain_of(tmp_path: Path):
    # The programs of the units have to be there: any will do.
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for unit in (*SERVICES, "accord-upload.timer"):
        shutil.copy(UNITS / unit, folder)
    for program in ("usr/sbin/accordd", "usr/bin/accord", "usr/lib/accord/restart-pause", "bin/sh"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", path)
    for target in "sysinit basic shutdown network-online nss-lookup multi-user timers time-set time-sync".split():
        (folder / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    for other in ("system.slice", "-.slice", "-.mount"):
        source = Path("/lib/systemd/system") / other
        if source.exists():
            shutil.copy(source, folder)
    command = ["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", *SERVICES, "accord-upload.timer"]
    verdict = subprocess.run(command, capture_output=True, text=True)
    assert (verdict.returncode, verdict.stdout, verdict.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES)
def test_whatever_is_left_open_has_its_reason_right_above_it(unit):
    lines = (UNITS / unit).read_text().splitlines()
    open_ones = re.compile(r"(Private|Protect|Restrict|Proc)\w+=(no|default|all|read-only|AF_.*)$")
    found = [number for number, line in enumerate(lines) if open_ones.match(line)]
    assert len(found) >= 3
    for number in found:
        above = number - 1
        while lines[above] and not lines[above].startswith("#"):
            above -= 1
        assert lines[above].startswith("#"), lines[number]


def test_no_key_is_newer_than_the_systemd_of_debian_12():
    for unit in (*SERVICES, "accord-upload.timer"):
        keys = {line.split("=")[0] for line in (UNITS / unit).read_text().splitlines() if not line.startswith("#")}
        assert keys.isdisjoint(TOO_NEW), unit


def test_what_one_unit_says_of_the_program_the_other_says_as_well():
    """Both run the same user's programs: what is closed for both is closed in the same words."""
    first, second = ({line for line in (UNITS / unit).read_text().splitlines() if "=" in line} for unit in SERVICES)
    for key in ("SystemCallFilter", "CapabilityBoundingSet", "User", "Group", "UMask", "LimitCORE", "OOMScoreAdjust"):
        assert {line for line in first if line.startswith(key)} == {line for line in second if line.startswith(key)}


@pytest.mark.parametrize("unit", SERVICES)
def test_systemd_prepares_no_folder_inside_one_that_belongs_to_the_units_user(unit):
    """systemd works there as root, and systemd 257 follows a link that is put in the folder's place meanwhile."""
    prepared = re.findall(r"^(?:State|Runtime|Cache|Logs)Directory=(.*)$", (UNITS / unit).read_text(), re.MULTILINE)
    assert [folder for line in prepared for folder in line.split() if "/" in folder] == []
