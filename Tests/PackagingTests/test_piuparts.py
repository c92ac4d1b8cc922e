"""Debian's own judge of installing, upgrading, removing and purging, in a minimal Debian of its own.

Without systemd running, so this is about files, users and maintainer scripts. Nothing may be left after a purge.
"""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import needs_root

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "bookworm"


@pytest.fixture(scope="session")
def minimal_debian() -> Path:
    """A root file system that piuparts can unpack, with systemd, which leaves files itself when it is removed. Made
    once, in a minute, and kept."""
    path = ROOT / f".build-boxes/{RELEASE}-minimal.tar.gz"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f"unfinished-{os.getpid()}.tar.gz")
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=systemd", RELEASE, unfinished]
        subprocess.run(command, check=True)
        unfinished.rename(path)
    return path


@needs_root
@pytest.mark.timeout(600)
def test_piuparts_finds_nothing_left_behind(accord, offer, minimal_debian):
    command = ["piuparts", "--basetgz", minimal_debian, "--distribution", RELEASE, accord.path, offer.path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and "PASS: All tests." in done.stdout, done.stdout[-3000:]
