"""What accordd samples inside its sandbox is what there is outside: a sandbox that hides what is measured would lie.

`accord preview` samples with the same code. It runs twice outside, and in between inside the unit's sandbox: a
counter inside lies between the two outside, and whatever has no reason to change is the same.
"""

import json

import pytest
from box import wait_for
from probe import FOLDER, answer_of

COUNTED = """
system.network.io system.network.packet.count system.disk.io system.disk.operations system.cpu.time
system.paging.faults system.process.created system.uptime
""".split()
UNCHANGED = """
system.filesystem.limit system.memory.limit system.cpu.logical.count system.cpu.physical.count system.disk.limit
system.process.limit os.version accord.kernel.release host.arch host.name accord.clock.synchronized
accord.file_handle.limit
""".split()

INSIDE = f"""
subprocess.run(["/usr/bin/accord", "preview", "--json"], stdout=open("{FOLDER}/probe-preview", "w"), check=True)
answer(open("{FOLDER}/probe-preview").read())
"""


def readings(text: str) -> dict[tuple, float | str]:
    entries = [json.loads(line) for line in text.splitlines()]
    return {(entry["signal"], json.dumps(entry["attributes"], sort_keys=True)): entry["value"] for entry in entries}


@pytest.fixture(scope="module")
def file_systems(agreed):
    """Mounts that a careless sandbox would hide or change: below /home, below /srv and read-only."""
    agreed.write_settings(filesystems={"allow": ["/home/data", "/srv/read-only", "/srv/later"]})
    agreed.box.shell("mkdir -p /home/data /srv/read-only /srv/later")
    agreed.box.shell("mount -t tmpfs -o size=3M data /home/data && mount -t tmpfs -o ro,size=5M fixed /srv/read-only")
    agreed.systemctl("restart", "accordd.service")
    agreed.ticks()
    yield
    agreed.box.shell("umount /home/data /srv/read-only")
    agreed.write_settings()
    agreed.systemctl("restart", "accordd.service")
    agreed.ticks()


@pytest.fixture(scope="module")
def three(agreed, file_systems) -> list[dict]:
    """The readings outside, inside and outside again."""
    outside = lambda: agreed.accord("preview", "--json").out  # noqa: E731
    return [readings(text) for text in (outside(), answer_of(agreed, "accordd.service", INSIDE), outside())]


def test_every_series_outside_is_there_inside_and_no_other(three):
    before, inside, after = (set(found) for found in three)
    assert before & after == inside & before & after
    assert inside <= before | after


def test_counters_inside_lie_between_those_outside(three):
    before, inside, after = three
    compared = [series for series in inside if series[0] in COUNTED]
    assert {signal for signal, _ in compared} >= {"system.network.io", "system.cpu.time", "system.uptime"}
    wrong = {series: [found[series] for found in three] for series in compared
             if not before[series] <= inside[series] <= after[series]}
    assert wrong == {}


def test_what_does_not_change_is_the_same_inside(three):
    before, inside, _ = three
    compared = [series for series in before if series[0] in UNCHANGED]
    assert len(compared) >= 8
    assert {series: inside[series] for series in compared} == {series: before[series] for series in compared}


def test_file_systems_below_home_and_read_only_ones_are_seen_as_they_are(three):
    _, inside, _ = three
    mounts = {}
    for (signal, attributes), value in inside.items():
        if signal == "system.filesystem.limit":
            found = json.loads(attributes)
            mounts[found["system.filesystem.mountpoint"]] = (found["system.filesystem.mode"], value)
    assert mounts["/home/data"] == ("rw", 3 << 20)
    assert mounts["/srv/read-only"] == ("ro", 5 << 20)
    # The root file system is read-only for the unit, and still is what it is.
    assert mounts["/"][0] == "rw"


def test_processes_and_memory_are_counted_whole(three):
    def total(found, name):
        return sum(value for (signal, _), value in found.items() if signal == name)

    before, inside, _ = three
    # The box has a few, and the probe is one more.
    assert total(before, "system.process.count") >= 6
    assert abs(total(inside, "system.process.count") - total(before, "system.process.count")) <= 2
    available = "system.memory.linux.available"
    assert abs(total(inside, available) - total(before, available)) < 0.3 * total(before, available)


def test_a_file_system_that_is_mounted_later_is_seen_by_the_accordd_that_runs(agreed, file_systems):
    pid = agreed.main_pid()
    agreed.box.shell("mount -t tmpfs -o size=1M later /srv/later")
    try:
        wait_for(lambda: " /srv/later " in agreed.box.shell(f"cat /proc/{pid}/mountinfo"), "the new mount")
        assert agreed.main_pid() == pid
    finally:
        agreed.box.shell("umount /srv/later")
