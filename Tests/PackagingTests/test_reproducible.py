"""The same programs give the same packages, byte for byte: in another folder, for another user, under any umask."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("etc", "systemd", "packaging", "LICENSE", "Package.swift")
USER = "accord-packager"


@pytest.fixture
def other_folder() -> Iterator[Path]:
    """A copy of the tree in a folder of another length that every user can reach, with its files closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="packing-"))
    folder.chmod(0o755)
    try:
        tree = folder / "a/tree/in another place"
        for part in PARTS:
            command = ["cp", "--recursive", ROOT / part, tree]
            tree.mkdir(parents=True, exist_ok=True)
            subprocess.run(command, check=True)
        programs = tree / ".build-programs/release"
        programs.mkdir(parents=True)
        for variable in ("ACCORD", "ACCORDD"):
            shutil.copy(os.environ.get(variable, ROOT / ".build-programs/release" / variable.lower()), programs)
        subprocess.run(["chmod", "--recursive", "go=", tree], check=True)
        yield tree
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def ordinary_user() -> Iterator[list[str]]:
    """The words before a command that make somebody run it who may nothing; an ordinary user is that already."""
    if os.geteuid() != 0:
        yield []
        return
    subprocess.run(["useradd", "--system", "--shell", "/bin/sh", USER], check=True)
    try:
        yield ["runuser", "--user", USER, "--"]
    finally:
        subprocess.run(["userdel", USER], check=True)


def test_another_user_packs_the_same_bytes_in_another_folder(dist, other_folder, ordinary_user):
    if ordinary_user:
        user = pwd.getpwnam(USER)
        for path in [other_folder.parents[1], *other_folder.parents[1].rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
    environment = {"PATH": os.environ["PATH"], "TZ": "Asia/Tokyo", "LANG": "C", "HOME": "/nonexistent"}
    command = [*ordinary_user, "sh", "-c", 'umask 077 && exec packaging/build-deb --output "$1"', "sh", "elsewhere"]
    done = subprocess.run(command, cwd=other_folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (other_folder / "elsewhere").glob("*.deb"))
    assert made == sorted(path.name for path in dist.glob("*.deb")) and len(made) == 3
    for name in [*made, *(path.name for path in dist.glob("*.spdx.json"))]:
        assert (other_folder / "elsewhere" / name).read_bytes() == (dist / name).read_bytes(), name


def test_programs_of_another_version_are_not_packed(other_folder):
    changelog = other_folder / "packaging/debian/changelog"
    changelog.write_text(changelog.read_text().replace("accord (", "accord (9.", 1))
    done = subprocess.run(["packaging/build-deb"], cwd=other_folder, capture_output=True, text=True)
    assert done.returncode == 1 and "the changelog has 9." in done.stderr
    assert not (other_folder / "dist").exists()
