"""Removing for good: no byte is left in any file, however large the databases, and whatever stands in the way."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from appliance import Appliance, needs_root, wait_for
from kernel import INTERFACES
from test_robustness import disk
from turned_clock import TurnedClock

# As many interfaces as one probe takes: eight series each, so that the dictionaries take hundreds of pages.
NAMES = [f"canary{number:02}x" for number in range(64 - len(INTERFACES))]
BASE = 0x0123456789AB
BOTH = {"product": "share", "environment": "share"}
WITHHELD = {"signals": ["system.network.*"]}


def write_canaries(appliance: Appliance) -> None:
    appliance.kernel.write_interfaces(**{name: (BASE + place,) * 8 for place, name in enumerate(NAMES)})


def everything(appliance: Appliance) -> dict[str, bytes]:
    """The raw bytes of every file below the state directory, by its name there."""
    files = [path for path in appliance.var.rglob("*") if path.is_file()]
    return {str(path.relative_to(appliance.var)): path.read_bytes() for path in files}


def blobs(appliance: Appliance, condition: str = "source = 1") -> list[bytes]:
    return [
        row[0]
        for name in ("history", "spool")
        for row in appliance.sql(name, f"SELECT columns FROM batches WHERE {condition}")
    ]


def traces(appliance: Appliance, sealed: list[bytes]) -> list[str]:
    """In which files anything of the canaries is left: names, values as SQLite keeps them, sealed bytes. What was accepted
    of the offer names the signals themselves."""
    values = [(BASE + place).to_bytes(6, "big") for place in range(len(NAMES))]
    wanted = [b"canary", b"eth0", *values, *sealed]
    files = everything(appliance).items()
    return [
        name
        for name, content in files
        if any(needle in content for needle in wanted)
        or (b"system.network" in content and not name.startswith("accepted/"))
    ]


@pytest.fixture
def clock(sharing: Appliance, tmp_path: Path, monkeypatch) -> TurnedClock:
    sharing.write_settings(interval="10s", seal="60s")
    return TurnedClock(tmp_path / "clock", monkeypatch)


def pass_time(clock: TurnedClock, ticks: int) -> None:
    """Returns when the daemon has nothing left to do until its next tick."""
    for _ in range(ticks):
        clock.wait()
        clock.advance(10)
    clock.wait()
    # The byte that `wait` took belongs to the next call.
    os.write(clock._waits, b".")


def recorded(sharing: Appliance, clock: TurnedClock, ticks: int = 13) -> list[bytes]:
    """Runs the daemon over a few seals, and returns what was sealed of the environment."""
    write_canaries(sharing)
    with sharing.daemon():
        pass_time(clock, ticks)
    clock.forget()
    sealed = blobs(sharing)
    assert len(sealed) >= 4 and len(traces(sharing, sealed)) >= 2
    return sealed


def rounds_of_batches(sharing: Appliance, database: str, count: int) -> None:
    """Adds copies of the newest batch of the environment, as a long life would leave them."""
    columns = [row[1] for row in sharing.sql(database, "PRAGMA table_info(batches)") if row[1] != "number"]
    names = ", ".join(f'"{column}"' for column in columns)
    sharing.sql(
        database,
        f"WITH RECURSIVE more(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM more WHERE n < {count}) "
        f"INSERT INTO batches ({names}) SELECT {names} FROM more, (SELECT * FROM batches WHERE source = 1 "
        f"ORDER BY number DESC LIMIT 1)",
    )


def put_back(sharing: Appliance, files: dict[str, bytes]) -> None:
    """Puts files back as they were. The ledger knows its own inode, so that one is written over."""
    for path in sharing.var.rglob("*"):
        if path.is_file() and path.name != "ledger.db":
            path.unlink()
    for name, content in files.items():
        path = sharing.var / name
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.truncate(0)
            file.write(content)


@pytest.mark.parametrize(
    "word", [{"withhold": WITHHELD}, {"sources": {"product": "share", "environment": "deny"}}], ids=["withheld", "denied"]
)
def test_no_byte_of_hundreds_of_series_is_left_in_any_file(sharing, clock, word):
    sealed = recorded(sharing, clock)
    assert sharing.sql("history", "SELECT count(*) FROM series WHERE signal LIKE 'system.network%'")[0][0] > 400
    (sharing.var / "private/history.db.damaged-1").write_bytes(NAMES[0].encode())
    (sharing.var / "spool.db.rewrite").write_bytes(NAMES[0].encode())
    with sharing.daemon():
        pass_time(clock, 1)
        sharing.write_consent(**({"sources": BOTH} | word))
        pass_time(clock, 5)
        assert sharing.are_deletions_done()
        assert traces(sharing, sealed) == []
        assert sharing.batches("product")


def test_a_reader_in_the_way_is_waited_for_and_then_nothing_is_left(sharing, clock):
    sealed = recorded(sharing, clock)
    with closing(sharing.connection("history")) as reader, sharing.daemon() as daemon:
        pass_time(clock, 1)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM batches").fetchone()[0] > 0
        sharing.write_consent(BOTH, withhold=WITHHELD)
        pass_time(clock, 5)
        assert daemon.status["is_deletion_owed"] and sharing.are_deletions_done() is False
        # Nobody who asks from now on is told of it, and what the reader does not touch is done.
        assert not [reading for reading in sharing.readings() if reading["signal"].startswith("system.network")]
        assert all(name.startswith("private/history.db") for name in traces(sharing, sealed))
        reader.execute("COMMIT")
        reader.close()
        # The tick after it says so.
        pass_time(clock, 2)
        assert sharing.are_deletions_done() and not daemon.status["is_deletion_owed"]
        assert traces(sharing, sealed) == []


def test_a_kill_at_any_moment_leaves_the_gates_closed_and_the_rest_owed(sharing, clock, receiver):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    sealed = recorded(sharing, clock)
    for database in ("history", "spool"):
        rounds_of_batches(sharing, database, 1_500)
    sharing.sql("spool", "UPDATE batches SET state = 1 WHERE number % 97 != 0 AND source = 1")
    sealed += blobs(sharing, "source = 1 AND number % 97 = 0")
    sharing.write_consent(BOTH, withhold=WITHHELD)
    before = everything(sharing)
    ticks, duration, unfinished = 0, 0.0, 0
    for cut in range(16):
        put_back(sharing, before)
        with sharing.daemon() as daemon:
            if not duration:
                # The tick that records the deletion, and all the work that follows it.
                while not sharing.are_deletions_done():
                    ticks, begun = ticks + 1, time.monotonic()
                    pass_time(clock, 1)
                    duration = time.monotonic() - begun
            else:
                pass_time(clock, ticks - 1)
                clock.wait()
                clock.advance(10)
                time.sleep(chance.uniform(0, duration))
            daemon.kill()
        clock.forget()
        unfinished += sharing.are_deletions_done() is False
        # Whatever the moment: the rest leaves, and nothing of it does.
        assert sharing.accord("upload").code == 0
        with sharing.daemon():
            pass_time(clock, 5)
            assert sharing.are_deletions_done()
            assert traces(sharing, sealed) == [], f"cut {cut} of seed {seed}"
        clock.forget()
    signals = {point.signal for point in receiver.points()}
    assert "system.cpu.time" in signals and not [name for name in signals if name.startswith("system.network")]
    assert unfinished >= 3, f"seed {seed}: hardly any cut came in the middle of a rewrite of {duration:.2f} s"


@contextmanager
def filled(appliance: Appliance) -> Iterator[Path]:
    """A disk without a free block; what the daemon keeps for this day stays."""
    filler = appliance.var / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    try:
        yield filler
    finally:
        filler.unlink(missing_ok=True)


@needs_root
@pytest.mark.parametrize("has_reserve", [True, False])
def test_on_a_full_disk_the_kept_reserve_is_spent_and_without_one_it_is_owed(sharing, clock, has_reserve):
    with disk(sharing):
        write_canaries(sharing)
        with sharing.daemon() as daemon:
            pass_time(clock, 13)
            reserve = sharing.var / "reserve"
            assert reserve.stat().st_size == 256 * 1024
            sealed = blobs(sharing)
            if not has_reserve:
                reserve.unlink()
            with filled(sharing):
                sharing.write_consent({"product": "share", "environment": "deny"})
                pass_time(clock, 8)
                assert sharing.are_deletions_done() is has_reserve, daemon.log
                assert (traces(sharing, sealed) == []) == has_reserve
            pass_time(clock, 13)
            assert sharing.are_deletions_done() and traces(sharing, sealed) == []
            assert reserve.stat().st_size == 256 * 1024


@needs_root
def test_on_a_disk_that_became_read_only_it_is_owed_said_and_done_later(sharing, clock, tmp_path):
    image = tmp_path / "disk.img"
    with open(image, "wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-m0", image], check=True)
    # It ends with 1, because what it has in memory is lost.
    with disk(sharing, image) as device:
        write_canaries(sharing)
        with sharing.daemon(code=1) as daemon:
            pass_time(clock, 13)
            sealed = blobs(sharing)
            sharing.write_consent(BOTH, withhold=WITHHELD)
            # The gates close with the change; then the card gives up.
            pass_time(clock, 2)
            Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")
            pass_time(clock, 6)
            assert daemon.status["is_deletion_owed"] and "a deletion is owed" in daemon.log
            assert "less is agreed" not in daemon.log and traces(sharing, sealed)
        clock.forget()
    with disk(sharing, image):
        with sharing.daemon() as daemon:
            pass_time(clock, 6)
            assert sharing.are_deletions_done() and not daemon.status["is_deletion_owed"]
            assert traces(sharing, sealed) == []


def test_a_history_of_100000_batches_is_recut_and_no_tick_is_missed(sharing):
    sharing.write_settings(interval="1s", history={"quota": "512 MiB", "keep": "3000 days"})
    write_canaries(sharing)
    sharing.record(ticks=7)
    rounds_of_batches(sharing, "history", 100_000)
    sharing.write_consent(BOTH, withhold=WITHHELD)
    with sharing.daemon() as daemon:
        wait_for(lambda: "less is agreed of environment" in daemon.log, "the word that has settled", seconds=60)
        begun = time.monotonic()
        wait_for(lambda: "the history was rewritten" in daemon.log, "the rewritten history", seconds=300)
        took = time.monotonic() - begun
        daemon.ticks(2)
        print(f"{took:.1f} s for 100,000 batches, {daemon.status['ticks']} ticks, none missed")
        assert daemon.status["missed_ticks"] == 0
        (entry,) = [entry for entry in sharing.accord("status").json[0]["deletions"] if entry["database"] == "history"]
        assert entry["recut"] >= 100_000 and entry["batches"] == 0
        assert sharing.sql("history", "SELECT count(*) FROM batches WHERE source = 1")[0][0] > 100_000
    assert traces(sharing, []) == []
