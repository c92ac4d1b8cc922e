"""What the sections of a dump read on the machine that runs the tests, as the kernel saw it: named files, and nothing
that identifies the machine or a person."""

import re
import shutil
from pathlib import Path

import pytest
from appliance import Appliance, run

# A file that each section cannot do without.
SECTIONS = {
    "hardware": "/proc/cpuinfo",
    "kernel": "/proc/cmdline",
    "packages": "/usr/lib/os-release",
    "services": None,
    "units": None,
    "components": "/proc/stat",
    "mounts": "/proc/self/mountinfo",
    "block-devices": "/sys/block",
    "network": "/proc/net/route",
    "pressure": "/proc/pressure/cpu",
    "memory": "/proc/meminfo",
    "processes": "/proc/loadavg",
    "thermal": "/sys/class/hwmon",
    "power": "/sys/class/power_supply",
    "clock": "/sys/class/rtc",
    "logs-agent": None,
    "logs-product": None,
    "logs-kernel": None,
}
PROGRAMS = {"/usr/bin/systemctl", "/usr/bin/journalctl", "/usr/bin/dpkg-query"}

# Beside the kernel's files and what a program is made of.
PLAIN_FILES = {
    *{"/etc/os-release", "/usr/lib/os-release", "/etc/debian_version", "/etc/resolv.conf", "/etc/timezone"},
    *{"/proc", "/dev/null", "/dev/kmsg", "/etc/ld.so.cache", "/run/resolvconf/resolv.conf"},
    # The C library, for the zone and for the bounds of the stack; the agreement, for the age of its last trusted time.
    *{"/etc/localtime", "/proc/self/maps", "/proc/sys/kernel/random/boot_id"},
    *{"/run/systemd/resolve/stub-resolv.conf", "/run/systemd/resolve/resolv.conf"},
}
KERNEL_FOLDERS = ("/proc/", "/sys/")
LIBRARY = re.compile(r"/(?:\S*/)?lib[\w+.-]*\.so[.\d]*$")
# Whoever may be asked for: serial numbers, UUIDs, hardware addresses, what a process was started with.
IDENTIFYING = re.compile(
    r"serial|uuid|asset_tag|wwid|wwn|vpd|unique|/address$|/broadcast$|/ifalias$|/phys_port|/uevent$|boot_id|machine-id"
    r"|hostname|domainname|/proc/\d+/(?!stat$|status$|wchan$)|/proc/self/(?!mountinfo$)|/proc/net/(?:tcp|udp|unix|raw)"
    r"|/proc/keys|/proc/kmsg|/proc/sys/kernel/(?:core_pattern|modprobe)"
)


def reads(appliance: Appliance, section: str, trace: Path) -> tuple[set[str], set[str]]:
    """The files that the section's own process opens, and the programs that it starts."""
    strace = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=openat,open,execve", "-o", str(trace)]
    if not shutil.which("strace") or run([*strace, "true"]).code != 0:
        pytest.skip("strace cannot be used here")
    command = appliance.command("accord", "dump-section", section, "--product-unit", "product")
    assert run([*strace, *command]).code == 0
    lines = [line.split(maxsplit=1) for line in trace.read_text().splitlines()]
    own = lines[0][0]
    opened = {
        match[1]
        for process, call in lines
        if process == own and (match := re.match(r'open(?:at)?\((?:AT_FDCWD, )?"(.*?)", .*\) = \d', call))
    }
    started = {
        match[1]
        for process, call in lines
        if process != own and (match := re.match(r'execve\("(.*?)", .*\) = 0', call))
    }
    return {path for path in opened if not path.startswith(str(appliance.prefix))}, started


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_opens_named_files_and_none_that_identifies(appliance, tmp_path, section):
    appliance.write_consent({"product": "share", "environment": "share"})
    opened, started = reads(appliance, section, tmp_path / "trace")
    assert started <= PROGRAMS
    needed = SECTIONS[section]
    if needed and Path(needed).exists():
        assert needed in opened
    judged = {path for path in opened if not LIBRARY.search(path) and path not in PLAIN_FILES}
    assert {path for path in judged if not path.startswith(KERNEL_FOLDERS)} == set()
    assert {path for path in judged if IDENTIFYING.search(path)} == set()


def test_the_sections_named_here_are_those_of_the_machine(appliance):
    appliance.write_consent({"product": "share", "environment": "share"})
    plan = appliance.accord("dump", "--plan", "--with-logs")
    planned = {line["section"] for line in plan.json}
    assert set(SECTIONS) <= planned


@pytest.mark.parametrize("path", ["/sys/class/net/eth0/address", "/proc/77/cmdline", "/sys/class/dmi/id/board_serial"])
def test_what_identifies_would_be_found(path):
    assert IDENTIFYING.search(path) and not IDENTIFYING.search("/proc/77/stat")
