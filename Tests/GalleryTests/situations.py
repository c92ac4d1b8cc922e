"""The gallery: for each way in which an appliance is sick, how it comes to be so, and the sentence that says it.

    SITUATIONS["a full disk"].make(ward)        a context manager that gives the appliance as long as it is sick

What can be produced is produced: a file system that is full, a database with torn pages, a consent that has ended, a
receiver that is not there. Heat, fans and the load of a machine are a kernel tree that says so.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import certificates as certificate_files
import pytest
from agreement_files import OFFER
from appliance import Appliance, Daemon, wait_for
from installed import InstalledAppliance
from kernel import net_dev
from receiver import Receiver
from turned_clock import TurnedClock

DAY = 86_400
SHARED = {"product": "share", "environment": "share"}


@dataclass
class Ward:
    """What a situation is made of."""

    folder: Path
    certificates: certificate_files.Certificates
    monkeypatch: pytest.MonkeyPatch
    # Asked whenever a situation begins, so that what ends it runs in the right order.
    stack: ExitStack = field(default_factory=ExitStack)

    def appliance(self, machine: str | None = None, consent: dict[str, str] | None = None, **changes) -> Appliance:
        """An appliance whose receiver answers, and that shares both sources unless it is told otherwise."""
        appliance = Appliance(self.folder)
        if machine:
            appliance.kernel.become(machine)
        server = self.certificates.server
        self.receiver = self.stack.enter_context(Receiver(self.folder / "received", server.certificate, server.key))
        appliance.write_settings(seal="1s")
        appliance.write_offer(self.receiver.url, self.certificates.ca)
        appliance.write_consent(SHARED if consent is None else consent, **changes)
        return appliance

    def started(self, appliance: Appliance, ticks: int = 3) -> Daemon:
        """accordd, for as long as the situation lasts."""
        daemon = self.stack.enter_context(appliance.daemon())
        daemon.ticks(ticks)
        return daemon

    def installed(self, **units: str) -> InstalledAppliance:
        """An appliance that works, and what systemd says of its units."""
        appliance = self.appliance()
        self.started(appliance)
        installed = InstalledAppliance.of(appliance)
        installed.units(**units)
        return installed

    def sealed(self, appliance: Appliance) -> None:
        """accordd runs, and has sealed something: the history can be asked for what was."""
        self.started(appliance)
        wait_for(lambda: len(appliance.batches()) >= 2, "sealed batches")

    def mounted(self, appliance: Appliance, options: str) -> None:
        """A file system in memory where the appliance keeps its databases."""
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", appliance.var]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("only root can mount a file system, and not everywhere")
        self.stack.callback(subprocess.run, ["umount", "-l", appliance.var], check=True)


@dataclass(frozen=True)
class Situation:
    """A way to be sick. `says` is what every command says of it on its first screen; a command with a word of its own
    has it in `words`, and None there means that the command has nothing to do with it."""

    name: str
    make: Callable[[Ward], AbstractContextManager[Appliance]]
    says: str
    words: dict[str, str | None]

    def sentence(self, command: str) -> str | None:
        return self.words.get(command, self.says)


SITUATIONS: dict[str, Situation] = {}


def situation(name: str, says: str, **words: str | None):
    """Puts a generator that makes an appliance sick into the gallery. What `{var}` and `{etc}` stand for is filled in.
    `accord doctor` looks at the way of an upload only, so it has a word of its own or none."""

    def enter(make: Callable[[Ward], Iterator[Appliance]]) -> Callable[[Ward], Iterator[Appliance]]:
        def whole(ward: Ward) -> Iterator[Appliance]:
            with ward.stack:
                yield from make(ward)

        SITUATIONS[name] = Situation(name, contextmanager(whole), says, {"doctor": None} | words)
        return make

    return enter


# ---------------------------------------------------------------------------------------------------------------
# The disk.


@situation(
    "a full disk under accord",
    "the file system of {var} is full: 0 B of 2.0 MiB are free, so nothing can be recorded",
    doctor="the file system of {var} is full: 0 B of 2.0 MiB are free",
)
def full_own_disk(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.mounted(appliance, "size=2m")
    ward.sealed(appliance)
    with open(appliance.var / "filler", "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    wait_for(lambda: appliance.status()["recording_problem"], "the agent's word about the disk")
    yield appliance
    (appliance.var / "filler").unlink()
    wait_for(lambda: appliance.status()["recording_problem"] is None, "the recovery")


@situation(
    "a disk under accord without inodes",
    "the file system of {var} is full: 0 inodes are left",
    doctor="the file system of {var} is full: 0 inodes are left",
)
def no_inodes(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.mounted(appliance, "size=8m,nr_inodes=64")
    ward.sealed(appliance)
    with pytest.raises(OSError, match="No space"):
        for number in range(100):
            (appliance.var / f"small-{number}").touch()
    yield appliance


@situation(
    "a read-only disk under accord",
    "the file system of {var} is read-only, so nothing can be recorded",
    doctor="the file system of {var} is read-only",
)
def read_only_own_disk(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.mounted(appliance, "size=8m")
    appliance.record()
    subprocess.run(["mount", "-o", "remount,ro", appliance.var], check=True)
    yield appliance


@situation("a full disk of the product", "the file system /srv/recordings is full: 400 MiB of 465 GiB are free")
def full_disk(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    statvfs = (appliance.kernel.root / "statvfs").read_text()
    full = "4096 122096646 102400 102400 244193280 244188877 /srv/recordings"
    appliance.kernel.write("statvfs", statvfs.replace(statvfs.splitlines()[2], full))
    ward.started(appliance)
    yield appliance


@situation(
    "a disk of the product without inodes", "the file system /srv/recordings has 12 of 244,193,280 inodes left"
)
def full_of_small_files(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    statvfs = (appliance.kernel.root / "statvfs").read_text()
    appliance.kernel.write("statvfs", statvfs.replace("244188877", "12"))
    ward.started(appliance)
    yield appliance


@situation(
    "a disk that the kernel gave up",
    "the file system /srv/recordings was mounted for writing, and the kernel has made it read-only after an error",
)
def given_up_disk(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    mounts = (appliance.kernel.root / "proc/self/mountinfo").read_text()
    appliance.kernel.write("proc/self/mountinfo", mounts.replace("nvme0n1p1 rw,attr2", "nvme0n1p1 ro,attr2"))
    ward.started(appliance)
    yield appliance


# ---------------------------------------------------------------------------------------------------------------
# Memory, load, heat, power.


@situation("swapping", "the appliance is swapping: 1.9 GiB of swap are in use")
def swapping(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    ward.sealed(appliance)
    kernel = appliance.kernel
    kernel.write("proc/swaps", (kernel.root / "proc/swaps").read_text().replace("14592", "2000000"))
    vmstat = (kernel.root / "proc/vmstat").read_text()
    kernel.write("proc/vmstat", vmstat.replace("pswpin 8812", "pswpin 9998812"))
    yield appliance


@situation("memory that ran out", "memory ran out, and the kernel ended 2 programs in the last ")
def out_of_memory(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    ward.sealed(appliance)
    vmstat = (appliance.kernel.root / "proc/vmstat").read_text()
    appliance.kernel.write("proc/vmstat", vmstat.replace("oom_kill 3", "oom_kill 5"))
    yield appliance


@situation("a disk that is too slow", "programs waited for them 71 % of the last 5 minutes")
def slow_disk(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("small-arm64")
    for resource in ("cpu", "memory", "io"):
        share = "71.30" if resource == "io" else "0.10"
        appliance.kernel.write(f"proc/pressure/{resource}", f"some avg10=1.00 avg60=1.00 avg300={share} total=1\n")
    ward.started(appliance)
    yield appliance


@situation(
    "too many open files", "the kernel allows 10,000 open files, and 9,700 are there: the next may be refused"
)
def open_files(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("container")
    appliance.kernel.write("proc/sys/fs/file-nr", "9700\t0\t10000\n")
    ward.started(appliance)
    yield appliance


@situation(
    "overheating",
    "Package id 0 is at 101 degrees Celsius, over its critical limit of 100: the appliance overheats",
)
def overheating(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    appliance.kernel.write("sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_input", "101000\n")
    ward.started(appliance)
    yield appliance


@situation("a fan that stands still", "the fan nct6798 fan2 stands still: it should make 600 turns a minute at least")
def still_fan(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    ward.started(appliance)
    yield appliance


@situation(
    "a power cut", "the appliance has no mains: AC is without current: the battery DC-UPS 24V carries it, at 97 %"
)
def power_cut(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance("industrial-x86")
    appliance.kernel.write("sys/devices/platform/ACPI0003:00/power_supply/AC/online", "0\n")
    ward.started(appliance)
    yield appliance


# ---------------------------------------------------------------------------------------------------------------
# The network.


def write_link(appliance: Appliance, changes: int, carrier: str) -> None:
    """An interface eth0 as /sys/class/net has it, with a device behind it."""
    device = appliance.kernel.root / "sys/devices/platform/ethernet"
    folder = device / "net/eth0"
    for file, text in (("carrier_changes", str(changes)), ("carrier", carrier), ("flags", "0x1003")):
        appliance.kernel.write(f"sys/devices/platform/ethernet/net/eth0/{file}", f"{text}\n")
    (folder / "device").symlink_to(device)
    (appliance.kernel.root / "sys/class/net").mkdir(parents=True)
    (appliance.kernel.root / "sys/class/net/eth0").symlink_to(folder)


@situation("a link that comes and goes", "the link eth0 comes and goes: it was lost 43 times in ")
def flapping_link(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    write_link(appliance, changes=86, carrier="1")
    ward.started(appliance)
    yield appliance


@situation("a cable that was pulled", "the link eth0 is down: it has carried packets since the start")
def pulled_cable(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    write_link(appliance, changes=3, carrier="0")
    ward.started(appliance)
    yield appliance


@situation("a bad cable", "the link eth0 is bad: 5,000 packets in error in the last ")
def bad_cable(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.sealed(appliance)
    # 5,000 more received in error, of 20,000.
    eth0 = (8002001, 28101, 5001, 2, 9003001, 9102, 4, 5)
    appliance.kernel.write("proc/net/dev", net_dev({"eth0": eth0}))
    yield appliance


# ---------------------------------------------------------------------------------------------------------------
# The agreement.


@situation(
    "an agreement that has ended",
    "{etc}/consent.toml:6:9: the agreement ended on 2020-01-01, at 00:00 UTC; nothing is sampled or sent",
    doctor="{etc}/consent.toml:6:9: the agreement ended",
)
def ended_agreement(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance(until=date(2020, 1, 1))
    ward.started(appliance)
    yield appliance


@situation(
    "a consent with a slip",
    "{etc}/consent.toml:9:1: unknown key 'enviroment' in [sources]",
    doctor="did you mean 'environment'?",
)
def misspelt_consent(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.started(appliance)
    consent = (appliance.etc / "consent.toml").read_text()
    appliance.write("consent.toml", consent.replace("environment", "enviroment"))
    yield appliance


@situation(
    "an offer that changed",
    "nothing of environment is sent until this is mended; the rest goes on",
    doctor="the rest is held",
)
def changed_offer(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.sealed(appliance)
    finer = OFFER["environment"] | {"resolution": "50ms"}
    appliance.write_offer(ward.receiver.url, ward.certificates.ca, environment=finer)
    yield appliance


@situation(
    "an offer that waits",
    "Example Devices Ltd offers revision 2, and nothing is sampled or sent until you agree",
    doctor="Example Devices Ltd offers revision 2, and nothing was accepted",
)
def waiting_offer(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    (appliance.etc / "consent.toml").unlink()
    ward.started(appliance)
    yield appliance


@situation(
    "settings with a slip",
    "{etc}/accord.toml:2:8: 'rate' is no size in a second",
    doctor="{etc}/accord.toml:2:8: 'rate' is no size in a second",
)
def misspelt_settings(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.started(appliance)
    appliance.write("accord.toml", '[upload]\nrate = "fast"\n')
    yield appliance


# ---------------------------------------------------------------------------------------------------------------
# The agent, its clock and its databases.


@situation("an agent that was stopped", "accordd does not run, so nothing is sampled or sent: it was stopped at 20")
def stopped_agent(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    appliance.record()
    yield appliance


@situation("an agent that was killed", "it did not stop cleanly, its last tick was at 20")
def killed_agent(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.started(appliance).kill()
    yield appliance


@situation("an agent that hangs", "accordd runs, but its last tick was ")
def hanging_agent(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    daemon = ward.started(appliance)
    daemon.process.send_signal(signal.SIGSTOP)
    ward.stack.callback(daemon.process.send_signal, signal.SIGCONT)
    # As long as it takes until ticks count as missing.
    time.sleep(5.5)
    yield appliance


@situation(
    "a clock in 1970",
    "the clock says 1970-01-01T00:02:03Z, which cannot be: it lost its battery or was never set",
    doctor="1970-01-01T00:02:03Z cannot be, and no certificate is valid then",
)
def clock_in_1970(ward: Ward) -> Iterator[Appliance]:
    clock = TurnedClock(ward.folder / "clock", ward.monkeypatch)
    clock.wall_milliseconds = 113_000
    appliance = ward.appliance()
    appliance.write_settings(interval="10s", seal="1h")
    ward.stack.enter_context(appliance.daemon())
    clock.wait()
    clock.advance(10)
    clock.wait()
    yield appliance


@situation("a damaged spool", "spool.db was damaged and was set aside at 20")
def damaged_spool(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    appliance.record()
    appliance.sql("spool", "PRAGMA wal_checkpoint(TRUNCATE)")
    path = appliance.database("spool")
    # One byte, in the page of the schema.
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    ward.started(appliance)
    yield appliance


# ---------------------------------------------------------------------------------------------------------------
# The way to the supplier.


@situation(
    "a supplier that is not reached",
    "uploads fail at the layer TCP: Nothing accepts connections at localhost:",
    doctor="Nothing accepts connections at localhost:",
)
def unreachable_supplier(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.sealed(appliance)
    ward.receiver.stop()
    assert appliance.accord("upload").code == 1
    yield appliance


@situation(
    "an upload that is not let in",
    "uploads fail at the layer authentication: HTTP 401",
    doctor="HTTP 401: the receiver does not let this appliance in",
)
def refused_upload(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.sealed(appliance)
    for _ in range(4):
        ward.receiver.answer_next(401)
    assert appliance.accord("upload").code == 1
    yield appliance


@situation("a backlog of 30 days", "wait to be sent, the oldest 30 days old")
def old_backlog(ward: Ward) -> Iterator[Appliance]:
    clock = TurnedClock(ward.folder / "clock", ward.monkeypatch)
    appliance = ward.appliance()
    appliance.write_settings(interval="10s", seal="60s")
    with appliance.daemon():
        for _ in range(12):
            clock.wait()
            clock.advance(10)
        clock.wait()
    clock.boot_milliseconds += 30 * DAY * 1000
    clock.wall_milliseconds += 30 * DAY * 1000
    ward.stack.enter_context(appliance.daemon())
    clock.forget()
    clock.advance(10)
    clock.wait()
    yield appliance


@situation(
    "an upload timer that does not run",
    "the unit accord-upload.timer is not active, so nothing is uploaded",
    doctor="accord-upload.timer is not active, so nothing is uploaded: systemctl restart accordd",
)
def idle_timer(ward: Ward) -> Iterator[Appliance]:
    yield ward.installed(timer="inactive")


@situation(
    "a masked upload",
    "somebody has masked accord-upload.service, so nothing is uploaded",
    doctor="accord-upload.service is masked, so nothing is uploaded: systemctl unmask accord-upload.service",
)
def masked_upload(ward: Ward) -> Iterator[Appliance]:
    yield ward.installed(masked="accord-upload.service")


# ---------------------------------------------------------------------------------------------------------------
# systemd's units.


@situation("a failed service of the product", "the service pump-control.service has failed")
def failed_service(ward: Ward) -> Iterator[Appliance]:
    yield ward.installed(failed="pump-control.service loaded failed failed Pump control\n")


@situation(
    "an agent that cannot start",
    "accordd cannot start: /etc/accord/accord.toml:2:12: 'interval' is out of range",
    doctor="/etc/accord/accord.toml:2:12: 'interval' is out of range",
)
def agent_that_cannot_start(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    appliance.record()
    installed = InstalledAppliance.of(appliance)
    installed.units(daemon="activating", timer="inactive")
    appliance.write("accord.toml", '[sampling]\ninterval = "1ms"\n')
    assert installed.inside("accordd").code == 1
    yield installed


@situation(
    "a systemd that does not answer",
    "accordd does not run, so nothing is sampled or sent: it was stopped at 20",
    status="-> start it: systemctl restart accordd",
    doctor="warning  systemctl did not answer within 3 s, so nothing is known of the units: see what systemd waits for",
)
def silent_systemd(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    appliance.record()
    installed = InstalledAppliance.of(appliance)
    installed.let_systemctl_hang(5)
    yield installed


def restarted(ward: Ward, **units: str) -> InstalledAppliance:
    """The machine was started again, which emptied /run, and accordd was not."""
    appliance = ward.appliance()
    appliance.record()
    installed = InstalledAppliance.of(appliance)
    (installed.run / "status.json").unlink()
    installed.units(daemon="inactive", timer="inactive", **units)
    return installed


@situation(
    "an agent that did not start with the machine",
    "accordd does not run and has not since this machine started, so nothing is sampled or sent",
    doctor="accordd.service is inactive; see journalctl -u accordd, then: systemctl restart accordd",
)
def unstarted_agent(ward: Ward) -> Iterator[Appliance]:
    yield restarted(ward)


@situation(
    "a masked agent",
    "accordd does not run and has not since this machine started, so nothing is sampled or sent",
    status="-> somebody has masked it, so: systemctl unmask accordd && systemctl enable --now accordd",
    doctor="accordd.service is masked, so it does not start: systemctl unmask accordd && systemctl enable --now accordd",
)
def masked_agent(ward: Ward) -> Iterator[Appliance]:
    yield restarted(ward, masked="accordd.service")


# ---------------------------------------------------------------------------------------------------------------
# Healthy ones: what they say of themselves is the agent's only.


def mend(appliance: Appliance) -> Appliance:
    """The captured machines are not all well: a fan is dead, and the board runs on a battery that is cold."""
    sys = "sys/devices/platform"
    for path, text in (
        (f"{sys}/nct6775.656/hwmon/hwmon2/fan2_input", "1210\n"),
        (f"{sys}/soc/1f03400.rsb/sunxi-rsb-3a3/axp20x-ac/power_supply/axp20x-ac/online", "1\n"),
        (f"{sys}/soc/1f03400.rsb/sunxi-rsb-3a3/axp20x-battery/power_supply/axp20x-battery/health", "Good\n"),
    ):
        if (appliance.kernel.root / path).exists():
            appliance.kernel.write(path, text)
    return appliance


@situation(
    "a consent that is gone",
    "the consent is gone: there is none at {etc}/consent.toml, so nothing is sampled or sent any more",
    doctor="there is no consent at {etc}/consent.toml",
)
def gone_consent(ward: Ward) -> Iterator[Appliance]:
    appliance = ward.appliance()
    ward.sealed(appliance)
    (appliance.etc / "consent.toml").unlink()
    yield appliance
