"""What Debian's own checker says of the packages: nothing, or there is an override with its reason."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_lintian_has_nothing_to_say(dist, offer):
    (changes,) = dist.glob("accord_*.changes")
    command = ["lintian", "--no-cfg", "--allow-root", "--display-info", "--pedantic", changes, offer.path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_every_override_has_its_reason_above_it_and_is_used(dist, offer):
    files = list((ROOT / "packaging").rglob("*.lintian-overrides"))
    assert len(files) == 2
    for file in files:
        lines = file.read_text().splitlines()
        assert lines[0].startswith("# "), file
        for before, line in zip(lines, lines[1:]):
            # Several overrides may share a reason where they are of one kind.
            assert line.startswith("#") or before.startswith("#") or line.split()[1] == before.split()[1], line
    (changes,) = dist.glob("accord_*.changes")
    command = ["lintian", "--no-cfg", "--allow-root", "--show-overrides", "--display-info", changes, offer.path]
    shown = subprocess.run(command, capture_output=True, text=True).stdout
    wanted = {line.split()[1] for file in files for line in file.read_text().splitlines() if not line.startswith("#")}
    assert {line.split()[2] for line in shown.splitlines() if line.startswith("O: ")} == wanted
