"""File systems of the kernel that runs here: a disk that is mounted while the agent runs, and one that never answers."""

import ctypes
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from appliance import Appliance, Daemon, needs_root, wait_for

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
FUSE_INIT, FUSE_STATFS = 26, 17
REQUEST_BYTES_MAX = 1024 * 1024

pytestmark = needs_root


class HungFileSystem:
    """A FUSE file system that greets the kernel and then never answers."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0"
        if LIBC.mount(b"accord-test", bytes(folder), b"fuse.hung", 0, options.encode()) != 0:
            os.close(self._device)
            pytest.skip(f"cannot mount FUSE here: {os.strerror(ctypes.get_errno())}")
        (unique,) = [unique for operation, unique in self.requests() if operation == FUSE_INIT]
        # struct fuse_init_out: version 7.31, read ahead, flags, background, congestion, largest write, time grain.
        greeting = struct.pack("<IIIIHHII", 7, 31, 65536, 0, 12, 9, 65536, 1).ljust(64, b"\0")
        os.write(self._device, struct.pack("<IiQ", 16 + len(greeting), 0, unique) + greeting)
        os.set_blocking(self._device, False)

    def requests(self) -> list[tuple[int, int]]:
        """What the kernel asked since the last time: the operation and its number."""
        try:
            request = os.read(self._device, REQUEST_BYTES_MAX)
        except BlockingIOError:
            return []
        _, operation, unique = struct.unpack_from("<IIQ", request)
        return [(operation, unique)]

    def close(self) -> None:
        """Closing the device aborts what waits."""
        LIBC.umount2(bytes(self.folder), MNT_DETACH)
        os.close(self._device)


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[HungFileSystem]:
    if not Path("/dev/fuse").exists():
        pytest.skip("this kernel has no /dev/fuse")
    folder = tmp_path / "hung"
    folder.mkdir()
    file_system = HungFileSystem(folder)
    try:
        yield file_system
    finally:
        file_system.close()


def assert_ticks_are_whole(daemon: Daemon) -> None:
    """Twenty ticks come, none is missed, and every probe gives what it gives."""
    daemon.ticks(2)
    begun = daemon.status
    daemon.ticks(20)
    now = daemon.status
    assert now["missed_ticks"] == begun["missed_ticks"]
    for file in ("/proc/self/mountinfo", "/proc/stat", "/proc/uptime", "/proc/net/dev"):
        assert daemon.probe(file) == {"file": file, "outcome": "readings", "failures": 0, "left_out": 0}


def mount_points(appliance: Appliance) -> set[str]:
    return {
        line["attributes"]["system.filesystem.mountpoint"]
        for line in appliance.readings()
        if line["signal"] == "system.filesystem.limit"
    }


def threads(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.process.pid}/task"))


def children(daemon: Daemon) -> int:
    return len(Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text().split())


def test_a_file_system_that_never_answers_costs_its_own_reading_only(sharing: Appliance, hung: HungFileSystem):
    sharing.write_settings(interval="200ms", filesystems={"allow": [str(hung.folder)]})
    with sharing.daemon("--kernel-root", "/") as daemon:
        assert_ticks_are_whole(daemon)
        assert (threads(daemon), children(daemon)) == (1, 1)
        # Of a question that a FUSE server has taken, the kernel lets no process go before there is an answer.
        assert [operation for operation, _ in hung.requests()] == [FUSE_STATFS]
        assert_ticks_are_whole(daemon)
        assert hung.requests() == []
    # It could end, and nothing of it is held by the process that cannot.
    with sharing.daemon("--kernel-root", "/") as daemon:
        assert_ticks_are_whole(daemon)
    mounted = mount_points(sharing)
    assert "/" in mounted and str(hung.folder) not in mounted


def test_a_file_system_that_nobody_named_is_not_touched(sharing: Appliance, hung: HungFileSystem):
    with sharing.daemon("--kernel-root", "/") as daemon:
        assert_ticks_are_whole(daemon)
        assert (threads(daemon), children(daemon)) == (1, 0)
        assert sharing.accord("preview").code == 0
    assert hung.requests() == []


@contextmanager
def mounted_image(image: Path, folder: Path) -> Iterator[None]:
    """A disk of its own, as far as the kernel can see."""
    done = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount an image here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_plugged_in_is_seen_at_the_next_tick_and_gone_with_its_end(sharing: Appliance, tmp_path: Path):
    folder, image = tmp_path / "stick", tmp_path / "image"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(8 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)

    def series() -> int:
        return daemon.status["series"]

    def open_files() -> int:
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    with sharing.daemon("--kernel-root", "/") as daemon:
        daemon.ticks(3)
        before, opened = series(), open_files()
        for _ in range(3):
            with mounted_image(image, folder):
                size = os.statvfs(folder)
                daemon.ticks(3)
                # Three states, the size, and inodes in two; the same ones each time. The next seal is an hour away.
                assert series() == before + 6
            daemon.ticks(3)
        assert open_files() == opened
    readings = [
        line
        for line in sharing.readings()
        if line["attributes"].get("system.filesystem.mountpoint") == str(folder)
        and line["signal"] == "system.filesystem.limit"
    ]
    assert readings and {line["value"] for line in readings} == {size.f_blocks * size.f_frsize}
    assert {line["attributes"]["system.filesystem.type"] for line in readings} == {"ext4"}
