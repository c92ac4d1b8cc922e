"""Which devices are sampled: by default, by the patterns of accord.toml, at most 64 of a kind, and while they come and go."""

import os
import shutil

import pytest
from appliance import Appliance, wait_for
from kernel import net_dev

ZEROS = " 0" * 10


def names(appliance: Appliance, signal: str, attribute: str) -> set[str]:
    """The devices of which `accord preview` shows a signal."""
    result = appliance.accord("preview", "--signal", signal)
    assert result.code == 0, result.err
    return {line["attributes"][attribute] for line in result.json}


DISKS = ("system.disk.io", "system.device")
SIZES = ("system.disk.limit", "system.device")
INTERFACES = ("system.network.io", "network.interface.name")
MOUNTS = ("system.filesystem.limit", "system.filesystem.mountpoint")


def test_by_default_what_says_nothing_about_the_site_is_not_sampled(sharing: Appliance):
    sharing.kernel.become("industrial-x86")
    disks = {"sda", "sdb", "nvme0n1", "dm-0", "dm-1"}
    assert names(sharing, *DISKS) == names(sharing, *SIZES) == disks
    assert names(sharing, *INTERFACES) == {"lo", "enp1s0", "enp2s0", "enp1s0.100", "br0", "wwan0"}
    assert names(sharing, *MOUNTS) == {"/", "/boot/efi", "/srv/recordings"}


def test_the_administrators_patterns_decide(sharing: Appliance):
    sharing.kernel.become("industrial-x86")
    sharing.write_settings(
        disks={"allow": ["zram0", "dm-1"], "deny": ["dm-*", "nvme*"]},
        interfaces={"allow": ["docker0"], "deny": ["*"]},
        filesystems={"allow": ["/mnt/plant"], "deny": ["*fat", "xfs", "/", "*fs", "nfs*", "overlay", "proc"]},
    )
    assert names(sharing, *DISKS) == names(sharing, *SIZES) == {"sda", "sdb", "zram0", "dm-1"}
    assert names(sharing, *INTERFACES) == {"docker0"}
    # The root's other mount shows the same file system, under the name that is left.
    assert names(sharing, *MOUNTS) == {"/mnt/plant"}
    sharing.write_settings(interfaces={"allow": ["veth*"]})
    assert names(sharing, *INTERFACES) >= {"veth4f1c2a0", "lo"}
    assert "docker0" not in names(sharing, *INTERFACES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[disks]\ndeny = ["loop *"]\n', "2:9: 'loop *' matches no device; expected a name without blanks"),
        ('[interfaces]\nallow = ["eth0", ""]\n', "2:18: '' matches no device; expected a name"),
        ("[filesystems]\ndeny = true\n", "2:8: "),
        ("[disks]\ndenied = []\n", "2:1: unknown key 'denied' in [disks]; expected one of 'allow' or 'deny'"),
        ("[disk]\n", "1:2: unknown key 'disk'"),
    ],
)
def test_a_pattern_that_is_none_is_refused_with_its_place(sharing: Appliance, text: str, expected: str):
    file = sharing.write("accord.toml", text)
    result = sharing.accord("preview")
    assert result.code == 1 and f"{file}:{expected}" in result.err
    with sharing.daemon(code=1) as daemon:
        assert daemon.process.wait(timeout=30) == 1
    assert f"{file}:{expected}" in daemon.log


def test_devices_beyond_the_limit_are_counted_and_told(sharing: Appliance):
    sharing.kernel.write("proc/net/dev", net_dev({f"eth{number}": (1,) * 8 for number in range(70)}))
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        assert daemon.probe("/proc/net/dev")["left_out"] == 6
        (status,) = sharing.accord("status").json
        (left_out,) = [p["left_out"] for p in status["daemon"]["probes"] if p["file"] == "/proc/net/dev"]
        assert left_out == 6
        lines = [line for line in sharing.accord("status", json=False).out.splitlines() if line.startswith("left out")]
        assert [line.split(maxsplit=2)[2] for line in lines] == ["6 devices of /proc/net/dev, beyond the limit"]
        sharing.kernel.write_interfaces()
        daemon.ticks(2)
        assert daemon.probe("/proc/net/dev")["left_out"] == 0
    assert "left out" not in sharing.accord("status", json=False).out


def latest(appliance: Appliance, signal: str) -> dict[str, object]:
    """The devices of the newest batch, with the last reading of each."""
    batches = appliance.batches("environment")
    if not batches:
        return {}
    lines = appliance.accord("outbox", batches[-1]["id"]).json
    return {str(line["attributes"]): line["value"] for line in lines if line["signal"] == signal}


def test_devices_come_and_go_without_a_restart(sharing: Appliance):
    kernel = sharing.kernel
    kernel.become("industrial-x86")
    sharing.write_settings(seal="1s")
    stats = (kernel.root / "proc/diskstats").read_text()
    chips = kernel.root / "sys/class/hwmon"

    def shown(signal: str, word: str) -> bool:
        return any(word in device for device in latest(sharing, signal))

    def open_files() -> int:
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    with sharing.daemon() as daemon:
        daemon.ticks(2)
        before, series = open_files(), daemon.status["series"]
        kernel.write("sys/block/sdc/size", "1000\n")
        kernel.write("sys/block/sdc/sdc1/size", "900\n")
        kernel.write("proc/diskstats", stats + f"8 32 sdc{ZEROS}\n8 33 sdc1{ZEROS}\n")
        kernel.write_interfaces(usb0=(9, 9, 0, 0, 9, 9, 0, 0))
        old = os.readlink(chips / "hwmon3")
        new = old.replace("hwmon3", "hwmon5")
        (chips / old).rename(chips / new)
        (chips / "hwmon3").unlink()
        (chips / "hwmon5").symlink_to(new)
        wait_for(lambda: shown("system.disk.limit", "sdc"), "the new disk's size")
        wait_for(lambda: shown("system.disk.io", "sdc"), "the new disk's counters")
        wait_for(lambda: shown("system.network.io", "usb0"), "the new interface")
        assert not shown("system.disk.io", "sdc1")
        wait_for(lambda: shown("hw.temperature", "nvme0/temp1"), "the chip under its new number")
        shutil.rmtree(kernel.root / "sys/block/sdc")
        kernel.write("proc/diskstats", stats)
        kernel.write_interfaces()
        wait_for(lambda: latest(sharing, "system.disk.limit") and not shown("system.disk.limit", "sdc"), "its end")
        wait_for(lambda: not shown("system.network.io", "usb0"), "the interface's end")
        # The disk has nine counters and a size, eth0 and usb0 eight counters each, and the chip what it had.
        assert daemon.status["series"] == series + 10 + 2 * 8
        for _ in range(5):
            kernel.write("sys/block/sdc/size", "1000\n")
            daemon.ticks(12)
            shutil.rmtree(kernel.root / "sys/block/sdc")
            daemon.ticks(12)
        # Databases are opened and closed as well, so the number is looked at until it is the old one.
        wait_for(lambda: open_files() <= before, "the first number of open files")
