"""What an appliance says to the journal in a day: a line for each change of state, and none while nothing changes.

A day of ticks of 10 s passes in seconds by a clock that the test turns, with a seal each minute and a run of
`accord upload --scheduled` each quarter of an hour, as installed. The lines of accordd are read as the journal reads
them, with their levels; what the upload prints is counted as well, because its unit prints it there too.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from appliance import Appliance, Result, needs_root
from kernel import KERNEL_FILES
from receiver import Receiver
from servers import free_port
from turned_clock import TurnedClock

# As the package installs it: every key commented out.
SETTINGS = Path(__file__).resolve().parents[2] / "etc/accord.toml"

TICK_SECONDS = 10
HOUR = 3600 // TICK_SECONDS
QUARTER = HOUR // 4
DAY = 24 * HOUR


@dataclass
class Day:
    """What was printed in it."""

    lines: list[str] = field(default_factory=list)
    # How many of them were there before each tick.
    counts: list[int] = field(default_factory=list)
    uploads: list[Result] = field(default_factory=list)

    def between(self, first: int, last: int) -> list[str]:
        """The lines of some ticks."""
        return self.lines[self.counts[first] : self.counts[last]]

    @property
    def bytes(self) -> int:
        return sum(len(line) + 1 for line in self.lines)


def live(
    appliance: Appliance, folder: Path, events: dict[int, Callable[[], object]], uploads: bool = True
) -> Day:
    """Lets a day pass. An event happens before its tick."""
    day = Day()
    log = appliance.prefix / "accordd.log"
    log.touch()
    stream = log.stat()
    with pytest.MonkeyPatch.context() as environment:
        clock = TurnedClock(folder / "clock", environment)
        environment.setenv("JOURNAL_STREAM", f"{stream.st_dev}:{stream.st_ino}")
        with appliance.daemon() as daemon:
            for tick in range(DAY):
                clock.wait()
                day.counts.append(daemon.log.count("\n"))
                appliance.kernel.write("proc/uptime", f"{1000 + 10 * tick}.50 900.14\n")
                if tick in events:
                    events[tick]()
                if uploads and tick % QUARTER == QUARTER - 1:
                    day.uploads.append(appliance.timer_run())
                clock.advance(TICK_SECONDS)
            clock.wait()
    day.lines = daemon.log.splitlines()
    day.counts.append(len(day.lines))
    return day


def sharing_appliance(folder: Path, url: str, ca: Path) -> Appliance:
    """With the settings as installed, and the agreement in force."""
    appliance = Appliance(folder)
    shutil.copy(SETTINGS, appliance.etc / "accord.toml")
    (appliance.etc / "accord.toml").chmod(0o644)
    appliance.write_offer(url, ca)
    appliance.write_consent({"product": "share", "environment": "share"})
    return appliance


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory, certificates) -> Day:
    """Nothing happens, and every upload gets through."""
    folder = tmp_path_factory.mktemp("ordinary")
    server = certificates.server
    with Receiver(folder / "received", server.certificate, server.key) as receiver:
        day = live(sharing_appliance(folder, receiver.url, certificates.ca), folder, {})
    assert {result.code for result in day.uploads} == {0}
    return day


def fill(folder: Path) -> None:
    """Takes what is free of a small file system."""
    with open(folder / "filler", "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))


FLAP_TICKS = 3
FLAPPING, MALFORMED, SAVED_AGAIN, MENDED, FULL, FREED = (hour * HOUR for hour in (2, 4, 5, 8, 10, 14))


@pytest.fixture(scope="module")
def sick(tmp_path_factory, certificates) -> Day:
    """Nobody answers at the receiver's address. For an hour a kernel file is malformed half of the time, for four the
    consent is, for four the disk is full."""
    folder = tmp_path_factory.mktemp("sick")
    appliance = sharing_appliance(folder, f"https://localhost:{free_port()}", certificates.ca)
    kernel, memory, consent = appliance.kernel, KERNEL_FILES["proc/meminfo"], appliance.etc / "consent.toml"
    good = consent.read_text()
    events: dict[int, Callable[[], object]] = {
        MALFORMED: lambda: appliance.write("consent.toml", f"{good}schema =\n"),
        SAVED_AGAIN: lambda: appliance.write("consent.toml", f"{good}schema =\n"),
        MENDED: lambda: appliance.write("consent.toml", good),
        FULL: lambda: fill(appliance.var),
        FREED: lambda: (appliance.var / "filler").unlink(),
    }
    for number in range(HOUR // FLAP_TICKS):
        text = memory if number % 2 else "rubbish\n"
        events[FLAPPING + FLAP_TICKS * number] = lambda text=text: kernel.write("proc/meminfo", text)
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", appliance.var]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        return live(appliance, folder, events)
    finally:
        subprocess.run(["umount", "-l", appliance.var], check=True)


def absences(lines: list[str]) -> list[str]:
    """Those that say which kernel file is not there: said at the first tick, of files that not every kernel has."""
    return [line for line in lines if re.fullmatch(r"<6>/\S+ is not there; its readings are absent", line)]


def figures(what: str, day: Day) -> None:
    """Shown by pytest -s."""
    printed = [line for result in day.uploads for line in (result.out + result.err).splitlines()]
    sizes = sum(len(line) + 1 for line in printed)
    print(f"\n{what}: accordd {len(day.lines)} lines, {day.bytes} bytes; uploads {len(printed)} lines, {sizes} bytes")


def test_an_appliance_without_a_consent_says_so_once_a_day(tmp_path):
    day = live(Appliance(tmp_path), tmp_path, {}, uploads=False)
    figures("no consent", day)
    (line,) = day.lines
    assert re.fullmatch(r"<5>there is no consent at \S+/consent\.toml: nothing is sampled", line)


def test_an_ordinary_day_is_one_line_of_the_agent_and_what_this_kernel_lacks(ordinary):
    figures("ordinary", ordinary)
    agreement, *others = ordinary.lines
    assert agreement == "<5>agreement in force: product share, environment share"
    assert absences(others) == others and len(set(others)) == len(others)
    assert ordinary.between(1, DAY) == []


def test_an_upload_that_gets_through_says_nothing(ordinary):
    assert {result.err for result in ordinary.uploads} == {""}


@needs_root
def test_every_line_has_a_level_and_none_is_longer_than_a_screenful(sick):
    assert len(sick.lines) > 10
    assert [line for line in sick.lines if not re.match(r"<[3-6]>\S", line) or len(line) > 400] == []


@needs_root
def test_a_sick_day_is_a_line_for_each_change_of_state(sick):
    figures("sick", sick)
    flapping = sick.between(FLAPPING, FLAPPING + HOUR)
    assert [line[:3] for line in flapping] == ["<4>", "<6>"] * 3
    assert "more of it is left out" in flapping[-1] and "left out" not in "".join(flapping[:-1])
    (complaint,) = sick.between(MALFORMED, MENDED)
    assert complaint.startswith("<3>") and "consent.toml:" in complaint
    assert sick.between(MENDED, MENDED + HOUR) == ["<5>agreement in force: product share, environment share"]
    # The databases are told apart: each is named once.
    full = sick.between(FULL, FREED)
    assert 1 <= len(full) == len(set(full)) <= 3
    assert all(line.startswith("<4>") and "free some space" in line for line in full)
    assert sick.between(FREED, FREED + HOUR) == ["<5>readings are written to the disk again"]


@needs_root
def test_nothing_is_said_while_nothing_changes(sick):
    begins = [1, FLAPPING + HOUR, MALFORMED + 2, MENDED + 2, FREED + 30]
    ends = [FLAPPING, MALFORMED, MENDED, FULL, DAY]
    assert [line for first, last in zip(begins, ends) for line in sick.between(first, last)] == []
    # Without the hour of the probe all that went wrong in a day fits a few lines.
    counted = Counter(sick.lines) - Counter(sick.between(FLAPPING, FLAPPING + HOUR)) - Counter(absences(sick.lines))
    assert sum(counted.values()) <= 8 and sum(len(line) * count for line, count in counted.items()) <= 2048


def test_a_probe_that_fails_at_every_other_tick_of_a_day_does_not_fill_the_journal(tmp_path):
    appliance = Appliance(tmp_path)
    appliance.write_consent({"environment": "local"})
    memory = KERNEL_FILES["proc/meminfo"]
    texts = {tick: memory if tick % 2 else "rubbish\n" for tick in range(DAY)}
    events = {tick: lambda text=text: appliance.kernel.write("proc/meminfo", text) for tick, text in texts.items()}
    day = live(appliance, tmp_path, events, uploads=False)
    figures("a probe that flaps all day", day)
    assert len(day.lines) <= 200 and day.bytes <= 32 * 1024


@needs_root
def test_what_keeps_uploads_from_working_all_day_is_a_line_for_each_reason(sick):
    first, *full, last = [line for result in sick.uploads for line in result.err.splitlines()]
    assert first == last and first.startswith("<4>Nothing accepts connections at localhost:")
    # The databases are told apart: each is named once.
    assert 1 <= len(full) == len(set(full)) <= 3
    assert all(line.startswith("<4>") and "free some space" in line for line in full)
