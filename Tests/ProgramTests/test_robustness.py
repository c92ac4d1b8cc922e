"""Power cuts, full disks, broken kernel files: what was sealed survives, and the agent mends itself."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from appliance import Appliance, needs_root, wait_for
from kernel import KERNEL_FILES


@contextmanager
def disk(appliance: Appliance, image: Path | None = None) -> Iterator[str]:
    """Mounts a file system where the appliance keeps its databases: that of an image, or else two MiB of memory. Gives
    the name of its device."""
    what = ["-o", "loop,errors=remount-ro", image] if image else ["-t", "tmpfs", "-o", "size=2m", "tmpfs"]
    if subprocess.run(["mount", *what, appliance.var], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        found = subprocess.run(["findmnt", "-n", "-o", "SOURCE", appliance.var], capture_output=True, text=True)
        yield found.stdout.strip().removeprefix("/dev/")
    finally:
        subprocess.run(["umount", "-l", appliance.var], check=True)


def sealed(appliance: Appliance) -> int:
    return len(appliance.batches())


def problems(appliance: Appliance) -> list[str]:
    """The sentences of `accord status` that say what is wrong with the agent's work."""
    found = appliance.accord("status").json[0]["health"]
    return [finding["sentence"] for finding in found if finding["subject"] in ("recording", "sampling")]


def test_sigterm_seals_what_is_in_memory_and_ends_well(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        assert sharing.batches() == []
        assert daemon.stop() == 0
    assert {batch["source"]: batch["state"] for batch in sharing.batches()} == {
        "product": "pending",
        "environment": "pending",
    }
    assert sharing.status()["is_running"] is False
    assert sharing.accord("status").json[0]["daemon"]["is_running"] is False


def test_a_killed_agent_loses_at_most_one_seal_interval_and_the_next_goes_on(sharing, receiver):
    sharing.write_settings(seal="1s")
    with sharing.daemon() as daemon:
        wait_for(lambda: sealed(sharing) >= 2, "sealed batches")
        daemon.kill()
    kept = sharing.batches("environment")
    cut = max(batch["last"] for batch in kept)
    sharing.kernel.write("proc/stat", KERNEL_FILES["proc/stat"].replace("processes 4523", "processes 4530"))
    sharing.record()
    batches = sharing.batches("environment")
    assert {batch["grant"] for batch in batches} == {kept[0]["grant"]}
    assert [batch["sequence"] for batch in batches] == list(range(1, len(batches) + 1))
    assert batches[: len(kept)] == kept and batches[-1]["first"] >= cut
    assert sharing.accord("upload").code == 0
    # The counter goes on from where it was counted before the cut: one start, and never backwards.
    points = [point for point in receiver.points() if point.signal == "system.process.created"]
    assert len({point.start for point in points}) == 1
    values = [point.value for point in points]
    assert values == sorted(values) and set(values) == {0, 7}


def test_a_counter_that_falls_gets_a_new_start_and_tells_nothing_of_the_past(sharing, receiver):
    sharing.record()
    sharing.kernel.write("proc/stat", KERNEL_FILES["proc/stat"].replace("processes 4523", "processes 12"))
    sharing.record()
    sharing.kernel.write("proc/stat", KERNEL_FILES["proc/stat"].replace("processes 4523", "processes 21"))
    sharing.record()
    assert sharing.accord("upload").code == 0
    points = [point for point in receiver.points() if point.signal == "system.process.created"]
    by_start = {}
    for point in points:
        by_start.setdefault(point.start, []).append(point.value)
    assert [set(values) for _, values in sorted(by_start.items())] == [{0}, {0, 9}]
    assert all(point.start <= point.time for point in points)


@needs_root
def test_a_full_disk_is_said_survived_and_recovered_from(sharing):
    sharing.write_settings(seal="1s")
    with disk(sharing), sharing.daemon() as daemon:
        wait_for(lambda: sealed(sharing) >= 2, "sealed batches")
        filler = sharing.var / "filler"
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        wait_for(lambda: daemon.status["recording_problem"], "the sentence about the disk")
        daemon.ticks(5)
        assert any("free some space; what is recorded stays as it is" in problem for problem in problems(sharing))
        before = sealed(sharing)
        filler.unlink()
        wait_for(lambda: daemon.status["recording_problem"] is None, "the recovery")
        wait_for(lambda: sealed(sharing) > before, "batches after the recovery")
        assert problems(sharing) == [] and daemon.status["readings_lost_spool"] == 0
    assert "readings are kept in memory until it is mended" in daemon.log
    assert "readings are written to the disk again" in daemon.log
    assert daemon.log.count("readings are kept in memory") == 1


@needs_root
def test_a_disk_that_fails_and_becomes_read_only_is_survived_and_what_was_sealed_is_still_there(sharing, tmp_path):
    sharing.write_settings(seal="1s")
    image = tmp_path / "disk.img"
    with open(image, "wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-m0", image], check=True)
    # It ends with 1, because what it has in memory is lost.
    with disk(sharing, image) as device, sharing.daemon(code=1) as daemon:
        wait_for(lambda: sealed(sharing) >= 2, "sealed batches")
        # What the kernel does by itself when a flash card gives up.
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")
        wait_for(lambda: daemon.status["recording_problem"], "the sentence about the disk")
        daemon.ticks(5)
        assert problems(sharing) and sharing.accord("upload", json=False).code == 1
        kept = sharing.batches()
        assert len(kept) >= 2 and daemon.status["readings_lost_spool"] == 0
    with disk(sharing, image):
        assert sharing.batches() == kept
        sharing.record()
        assert sealed(sharing) == len(kept) + 2 and sharing.accord("upload").code == 0


def test_what_exceeds_the_quota_goes_oldest_first_and_is_a_counted_gap(sharing):
    sharing.write_settings(spool={"seal": "1h", "quota": "256 KiB"})
    sharing.record()
    # Two thousand batches more of the same source, as a long outage would leave them.
    columns = [
        row[1] for row in sharing.sql("spool", "PRAGMA table_info(batches)") if row[1] not in ("number", "sequence")
    ]
    names = ", ".join(f'"{column}"' for column in columns)
    sharing.sql(
        "spool",
        f"WITH RECURSIVE more(n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM more WHERE n < 2001) "
        f"INSERT INTO batches ({names}, sequence) SELECT {names}, n FROM batches, more WHERE source = 1",
    )
    sharing.record()
    status = sharing.accord("status").json[0]
    (gap,) = status["gaps"]
    assert (gap["source"], gap["reason"]) == ("environment", "quota")
    assert gap["batches"] >= 2000 and gap["readings"] > gap["batches"]
    assert status["spool"]["bytes"] < 256 * 1024
    assert len(sharing.batches("product")) == 2
    assert "readings of environment evicted (quota)" in sharing.accord("status", json=False).out


def test_a_kernel_file_that_is_missing_is_absent_and_comes_back(sharing, receiver):
    sharing.kernel.remove("proc/loadavg")
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        assert daemon.probe("/proc/loadavg") == {
            "file": "/proc/loadavg",
            "outcome": "absent",
            "failures": 0,
            "left_out": 0,
        }
        assert problems(sharing) == []
        sharing.kernel.write("proc/loadavg", KERNEL_FILES["proc/loadavg"])
        wait_for(lambda: daemon.probe("/proc/loadavg")["outcome"] == "readings", "the file that appeared")
        daemon.ticks(2)
    assert daemon.log.count("/proc/loadavg is not there; its readings are absent") == 1
    assert sharing.accord("upload").code == 0
    loads = [point for point in receiver.points() if point.signal == "system.cpu.load_average.1m"]
    others = [point for point in receiver.points() if point.signal == "system.process.created"]
    assert 0 < len(loads) < len(others) and {point.value for point in loads} == {0.31}


@pytest.mark.parametrize("broken", [b"", b"one two three\n", b"\xff\x00\x80\n", b"0.1"])
def test_a_malformed_kernel_file_costs_its_own_readings_and_is_said_once(sharing, receiver, broken):
    sharing.kernel.write("proc/loadavg", broken)
    with sharing.daemon() as daemon:
        daemon.ticks(4)
        probe = daemon.probe("/proc/loadavg")
        assert probe["outcome"] == "failed" and probe["failures"] >= 3
        assert any(problem.startswith("/proc/loadavg cannot be read or understood") for problem in problems(sharing))
        said = sharing.accord("preview").err.splitlines()
        assert said == ["accord: /proc/loadavg is malformed: expected three numbers with two decimals"]
        sharing.kernel.write("proc/loadavg", KERNEL_FILES["proc/loadavg"])
        wait_for(lambda: daemon.probe("/proc/loadavg")["outcome"] == "readings", "the mended file")
        assert problems(sharing) == []
    assert daemon.log.count("/proc/loadavg is malformed: expected three numbers with two decimals") == 1
    assert daemon.log.count("/proc/loadavg can be read again") == 1
    # The text of the file, which may be anything, is in no message.
    assert "one two" not in daemon.log
    assert sharing.accord("upload").code == 0
    assert {point.value for point in receiver.points() if point.signal == "system.cpu.load_average.1m"} <= {0.31}
    assert [point for point in receiver.points() if point.signal == "system.process.created"]


def test_an_interface_that_is_plugged_in_while_the_agent_runs_is_met(sharing, receiver):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        sharing.kernel.write_interfaces(usb0=(100, 1, 0, 0, 200, 2, 0, 0))
        daemon.ticks(3)
        sharing.kernel.write_interfaces(usb0=(150, 2, 0, 0, 260, 3, 0, 0))
        daemon.ticks(3)
        sharing.kernel.write_interfaces()
        daemon.ticks(3)
    assert sharing.accord("upload").code == 0
    points = {}
    for point in receiver.points():
        if point.signal == "system.network.io" and point.attributes["network.io.direction"] == "receive":
            points.setdefault(point.attributes["network.interface.name"], []).append(point)
    # Its counters begin with its own first reading, and absent is no reading, not a zero.
    assert list(dict.fromkeys(point.value for point in points["usb0"])) == [0, 50]
    assert len({point.start for point in points["usb0"]}) == 1
    assert points["eth0"][0].time < points["usb0"][0].time <= points["usb0"][-1].time < points["eth0"][-1].time


def test_every_field_of_the_kernel_may_be_as_large_as_it_gets(sharing, receiver):
    largest = 2**63 - 1
    sharing.kernel.write_interfaces(big0=(largest - 7,) * 8)
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        sharing.kernel.write_interfaces(big0=(largest,) * 8)
        daemon.ticks(3)
    assert sharing.accord("upload").code == 0
    points = [p for p in receiver.points() if p.attributes.get("network.interface.name") == "big0"]
    assert {point.value for point in points} == {0, 7}
