"""Python's sqlite3 opens the three databases and finds everything in order: after power cuts at any moment, after a
delivery, and after what was taken back has been rewritten away.

SQLite's own checks come first. The rest are promises of our own that SQLite cannot know: types, references between
tables, totals, the codec's columns and the chain of the ledger.
"""

import hashlib
import json
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from decimal import Decimal

import batch_columns
import pytest
from turned_clock import TurnedClock

NAMES = {"history": b"ACHI", "spool": b"ACSP", "ledger": b"ACLE"}
# What a batch refers to, and the table in which it stands.
REFERENCES = {
    "boot": "boots",
    "agreement": "agreements",
    "facts": "facts",
    "grant": "grants",
    "delivery": "deliveries",
}
PLAIN_TYPES = {"INTEGER": "integer", "TEXT": "text", "BLOB": "blob"}


def connect(appliance, name: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{appliance.database(name)}?mode=ro", uri=True, timeout=10)


def schema(database: sqlite3.Connection) -> dict[str, str]:
    """The statements that make what is in the database, by name; SQLite's own tables and indexes have none."""
    return dict(database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def check(appliance) -> dict[str, dict]:
    """Everything that holds at any time. Returns the schemas."""
    schemas = {}
    for name, application in NAMES.items():
        with closing(connect(appliance, name)) as database:
            schemas[name] = schema(database)
            check_file(database, application)
            check_types(database)
            if name != "ledger":
                check_references(database)
                check_totals(database)
                check_batches(database)
    with closing(connect(appliance, "ledger")) as ledger:
        check_chain(ledger)
    return schemas


def check_file(database: sqlite3.Connection, application: bytes) -> None:
    def pragma(name: str) -> list:
        return [value for value, *_ in database.execute(f"PRAGMA {name}")]

    assert pragma("integrity_check") == ["ok"] and pragma("foreign_key_check") == []
    assert pragma("application_id") == [int.from_bytes(application, "big")]
    assert (pragma("user_version"), pragma("page_size")) == ([1], [1024])
    assert (pragma("journal_mode"), pragma("encoding")) == (["wal"], ["UTF-8"])


def check_types(database: sqlite3.Connection) -> None:
    """Every value has the type of its column, as it would in a strict table."""
    tables = [table for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        for _, column, declared, is_needed, _, is_key in database.execute(f"PRAGMA table_info({table})").fetchall():
            allowed = {PLAIN_TYPES[declared]} if declared else {"integer", "text"}
            if not is_needed and not is_key:
                allowed.add("null")
            assert {kind for (kind,) in database.execute(f'SELECT DISTINCT typeof("{column}") FROM {table}')} <= allowed


def check_references(database: sqlite3.Connection) -> None:
    columns = {row[1] for row in database.execute("PRAGMA table_info(batches)")}
    for column in columns & REFERENCES.keys():
        found = database.execute(
            f'SELECT "{column}" FROM batches WHERE "{column}" NOT NULL EXCEPT SELECT number FROM {REFERENCES[column]}'
        )
        assert found.fetchall() == [], column


def check_totals(database: sqlite3.Connection) -> None:
    """What the triggers counted is what is there."""
    counted = "SELECT source, state, count(*), sum(readings), sum(length(columns)) FROM batches GROUP BY 1, 2"
    totals = "SELECT source, state, batches, readings, bytes FROM totals WHERE batches > 0"
    assert sorted(database.execute(counted)) == sorted(database.execute(totals))


def check_batches(database: sqlite3.Connection) -> None:
    """Every batch holds what its row says, of series of its own source."""
    sources = dict(database.execute("SELECT number, source FROM series"))
    rows = database.execute("SELECT source, first_ms, last_ms, readings, columns FROM batches").fetchall()
    for source, first, last, readings, content in rows:
        ticks, columns = batch_columns.decoded(batch_columns.inflated(content))
        assert ticks == sorted(set(ticks)) and (ticks[0], ticks[-1]) == (first, last)
        assert {sources[series] for series in columns} <= {source}
        assert sum(value is not None for column in columns.values() for value in column) == readings > 0


def check_chain(ledger: sqlite3.Connection) -> None:
    """Each hash is SHA-256 over the one before it and the row, by the head of Ledger.swift."""
    before = bytes(32)
    rows = ledger.execute("SELECT number, at_ms, kind, detail, hash FROM ledger ORDER BY number").fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)) and rows
    for number, at, kind, detail, digest in rows:
        assert isinstance(json.loads(detail), dict)
        before = hashlib.sha256(before + f"{number}\n{at}\n{kind}\n{detail}".encode()).digest()
        assert before == digest


@pytest.fixture
def clock(sharing, tmp_path, monkeypatch) -> TurnedClock:
    sharing.write_settings(interval="10s", seal="60s")
    return TurnedClock(tmp_path / "clock", monkeypatch)


def pass_time(clock: TurnedClock, ticks: int) -> None:
    for _ in range(ticks):
        clock.wait()
        clock.advance(10)


def test_the_databases_are_in_order_after_power_cuts_at_any_moment(sharing, clock):
    chance = random.Random(20261121)
    before = Counter()
    for cut in range(12):
        with sharing.daemon() as daemon:
            pass_time(clock, 7 * (cut % 3))
            clock.wait()
            # The next tick may seal; the cut comes before, in the middle or after.
            clock.advance(60)
            time.sleep(chance.uniform(0, 0.02))
            daemon.kill()
        clock.forget()
        after = Counter()
        for name in ("history", "spool"):
            (after[name],) = sharing.sql(name, "SELECT count(*) FROM batches")[0]
        assert after >= before, "a sealed batch is gone"
        before = after
        check(sharing)
    assert min(before.values()) > 8


def test_the_databases_are_in_order_after_a_delivery_and_after_a_rewrite(sharing, clock):
    with sharing.daemon():
        pass_time(clock, 60)
        clock.wait()
        assert sharing.accord("upload").code == 0
        fresh, sent = check(sharing), sharing.batches("product", "sent")
        sharing.write_consent({"product": "share"})
        inodes = {name: sharing.database(name).stat().st_ino for name in NAMES}
        clock.advance(10)
        pass_time(clock, 10)
        clock.wait()
        rewritten = {name for name in NAMES if sharing.database(name).stat().st_ino != inodes[name]}
        assert rewritten == {"history", "spool"}
        assert check(sharing) == fresh
        # What a number stands for is the same too.
        assert sharing.batches("product", "sent") == sent != []
    assert sharing.sql("spool", "SELECT DISTINCT source FROM batches") == [(0,)]
    assert check(sharing) == fresh


def test_the_databases_are_in_order_after_power_cuts_in_a_rewrite(sharing, clock):
    with sharing.daemon():
        pass_time(clock, 60)
    clock.forget()
    sharing.write_consent({"product": "share"})
    kept = sharing.batches("product")
    chance = random.Random(20261122)
    for cut in range(12):
        with sharing.daemon() as daemon:
            # A word settles in 30 s; then each tick takes one step of the rewrite, of one database after the other.
            pass_time(clock, 2 + cut % 4)
            clock.wait()
            clock.advance(10)
            time.sleep(chance.uniform(0, 0.01))
            daemon.kill()
        clock.forget()
        check(sharing)
        assert sharing.batches("product")[: len(kept)] == kept
    with sharing.daemon():
        pass_time(clock, 10)
    assert {source for source, in sharing.sql("history", "SELECT source FROM batches")} == {0}
    assert b"system.cpu" not in sharing.bytes_of_state()
    check(sharing)


def test_the_commands_show_what_the_columns_hold(sharing, clock):
    with sharing.daemon() as daemon:
        pass_time(clock, 13)
        clock.wait()
        assert daemon.status["series"] > 30
    with closing(connect(sharing, "spool")) as database:
        found = database.execute("SELECT number, signal, unit, decimals, attributes FROM series")
        series = {number: facts for number, *facts in found}
        rows = database.execute("SELECT columns FROM batches ORDER BY number").fetchall()
    batches = sharing.batches()
    assert len(rows) == len(batches) > 2
    for (content,), batch in zip(rows, batches):
        _, columns = batch_columns.decoded(batch_columns.inflated(content))
        held = []
        for number, column in columns.items():
            signal, unit, decimals, attributes = series[number]
            held += [(signal, unit, attributes, Decimal(v).scaleb(-decimals)) for v in column if v is not None]
        out = sharing.accord("outbox", batch["id"]).out
        shown = [json.loads(line, parse_float=Decimal) for line in out.splitlines()]
        assert [(r["signal"], r["unit"], attribute_text(r["attributes"]), r["value"]) for r in shown] == held


def attribute_text(attributes: dict[str, str]) -> str:
    return "\n".join(f'{key}="{value}"' for key, value in attributes.items())
