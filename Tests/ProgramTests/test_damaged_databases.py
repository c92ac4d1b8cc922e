"""Databases that are not what they should be: kept as they are or set aside, never silently lost."""

import sqlite3
from contextlib import closing

import pytest
from appliance import run, wait_for

DATABASES = ["history", "spool", "ledger"]
NOISE = b"This is no database.\n" * 400
LOST = "the record of what was accepted is lost, so nothing counts as accepted"


def assert_goes_on(sharing, lost: str) -> None:
    """Without the ledger nothing counts as accepted; without another database everything does."""
    problems, upload = sharing.accord("status").json[0]["problems"], sharing.accord("upload")
    if lost == "ledger":
        assert len(problems) == 1 and LOST in problems[0]
        assert (upload.code, upload.out) == (4, "") and LOST in upload.err
    else:
        assert (problems, upload.code) == ([], 0)


def one_line(command: list[str]) -> str:
    """What a daemon says that cannot start."""
    result = run(command)
    assert (result.code, result.out) == (1, "") and len(result.err.splitlines()) == 1
    return result.err


@pytest.mark.parametrize("name", DATABASES)
def test_a_file_that_is_no_database_is_set_aside_and_begun_anew(sharing, name):
    sharing.record(ticks=0)
    path = sharing.database(name)
    for suffix in ("-wal", "-shm"):
        sharing.database(name, suffix).unlink(missing_ok=True)
    path.write_bytes(NOISE)
    log = sharing.record()
    assert f"{path} was damaged: it is kept as {path}.damaged-1, and a new one was begun" in log
    assert sharing.database(name, ".damaged-1").read_bytes() == NOISE
    assert sharing.sql("ledger", "SELECT detail FROM ledger WHERE kind = 'database-set-aside'") == [
        (f'{{"file":"{name}.db"}}',)
    ]
    assert_goes_on(sharing, name)


@pytest.mark.parametrize("name", DATABASES)
def test_a_torn_database_is_set_aside_with_all_its_bytes(sharing, name):
    sharing.record()
    path = sharing.database(name)
    sharing.sql(name, "PRAGMA wal_checkpoint(TRUNCATE)")
    torn = path.read_bytes()[:1024] + b"\xff" * (path.stat().st_size - 1024)
    path.write_bytes(torn)
    log = sharing.record()
    assert f"{path} was damaged" in log
    assert sharing.database(name, ".damaged-1").read_bytes() == torn
    assert_goes_on(sharing, name)


@pytest.mark.parametrize("name", DATABASES)
def test_a_page_that_tears_while_the_agent_runs_is_noticed_and_mended_without_a_restart(sharing, name):
    sharing.write_settings(seal="1s")
    sharing.record()
    path = sharing.database(name)
    with sharing.daemon() as daemon:
        wait_for(lambda: len(sharing.batches()) >= 4, "sealed batches")
        sharing.sql(name, "PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(1024)
            file.write(b"\xff" * (size - 1024))
        # The ledger is read again when the agreement changes.
        sharing.write_consent({"product": "share", "environment": "share"}, withhold={"signals": ["system.network.*"]})
        wait_for(lambda: f"{path} was damaged" in daemon.log, "the word about the damage")
        wait_for(lambda: daemon.status["recording_problem"] is None, "the recovery")
        sealed = len(sharing.batches())
        if name != "ledger":
            wait_for(lambda: len(sharing.batches()) > sealed, "batches after the recovery")
    assert daemon.log.count("was damaged") == 1
    assert_goes_on(sharing, name)


def test_the_commands_say_what_becomes_of_a_damaged_file(sharing):
    sharing.record()
    for name in DATABASES:
        sharing.database(name).write_bytes(NOISE)
    outbox = sharing.accord("outbox", json=False)
    assert (outbox.code, outbox.err) == (
        1,
        f"accord: {sharing.var}/spool.db is damaged or no database; " "accordd sets it aside and begins anew\n",
    )
    upload = sharing.accord("upload", json=False)
    assert upload.code == 4 and "is damaged or no database" in upload.err
    status = sharing.accord("status")
    assert status.code == 0 and len(status.json[0]["problems"]) == 4
    for name in DATABASES:
        assert sharing.database(name).read_bytes() == NOISE


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_of_a_newer_form_is_refused_and_left_as_it_is(sharing, name):
    sharing.record()
    path = sharing.database(name)
    sharing.sql(name, "PRAGMA user_version = 99")
    sharing.sql(name, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    sentence = f"{path} has the form 99 of a newer accord; install that version, or move the file away\n"
    assert one_line(sharing.command("accordd")) == f"accordd: {sentence}"
    assert path.read_bytes() == before
    if name == "spool":
        result = sharing.accord("outbox", json=False)
        assert (result.code, result.err) == (1, f"accord: {sentence}")
        assert sharing.accord("upload", json=False).err == f"accord: {sentence}"
        assert path.read_bytes() == before


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_of_something_else_is_refused_and_left_as_it_is(sharing, name):
    path = sharing.database(name)
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.execute("INSERT INTO recipes VALUES ('lentil soup')")
    before = path.read_bytes()
    assert one_line(sharing.command("accordd")) == (
        f"accordd: {path} is a database of something else; move it away to begin anew\n"
    )
    assert path.read_bytes() == before


def test_databases_in_each_others_place_are_refused(sharing):
    sharing.record()
    for name in ("history", "spool"):
        sharing.sql(name, "PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ("-wal", "-shm"):
            sharing.database(name, suffix).unlink(missing_ok=True)
    (sharing.var / "private/history.db").rename(sharing.var / "spool.db")
    assert "spool.db is a database of something else" in one_line(sharing.command("accordd"))


def test_status_calls_unreadable_what_it_cannot_read(sharing):
    sharing.record()
    sharing.database("spool").write_bytes(NOISE)
    (status,) = sharing.accord("status").json
    assert status["spool"]["pending"] is None and status["spool"]["bytes"] is None
    assert status["history"]["batches"] > 0
    text = sharing.accord("status", json=False).out
    assert text.count("cannot be read: see above") == 2 and "never tried" not in text


def test_a_damaged_batch_is_passed_over_and_the_others_leave(sharing, receiver):
    sharing.write_consent({"product": "share"})
    for _ in range(3):
        sharing.record()
    waits = sharing.batches()
    number, columns = sharing.sql("spool", "SELECT number, columns FROM batches ORDER BY number")[1]
    torn = columns[: len(columns) // 2] + b"\x00" * (len(columns) - len(columns) // 2)
    sharing.sql("spool", "UPDATE batches SET columns = ? WHERE number = ?", torn, number)
    shown = sharing.accord("outbox", waits[1]["id"], json=False)
    assert (shown.code, shown.err) == (1, f"accord: batch {waits[1]['id']} is damaged and cannot be read\n")
    result = sharing.accord("upload")
    assert result.code == 0 and any("damaged" in note for note in result.json[0]["notes"])
    points = [point for point in receiver.points() if point.signal == "system.uptime"]
    assert len(points) == waits[0]["readings"] + waits[2]["readings"]
    (event,) = [point.attributes for point in receiver.points() if point.kind == "event"]
    assert event["accord.batches"] == [waits[0]["id"], waits[2]["id"]]
    # The loss is counted where a person looks.
    (gap,) = sharing.accord("status").json[0]["gaps"]
    assert (gap["source"], gap["reason"], gap["batches"]) == ("product", "damaged", 1)
    assert gap["readings"] == waits[1]["readings"]


def test_only_the_two_newest_damaged_files_are_kept(sharing):
    for number in range(3):
        (sharing.var / "spool.db").write_bytes(NOISE + bytes([number]))
        for suffix in ("-wal", "-shm"):
            (sharing.var / f"spool.db{suffix}").unlink(missing_ok=True)
        sharing.record(ticks=1)
    kept = {file.name: file.read_bytes()[-1] for file in sharing.var.glob("spool.db.damaged-*")}
    assert kept == {"spool.db.damaged-1": 2, "spool.db.damaged-2": 1}
