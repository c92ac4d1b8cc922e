"""The chain of a ledger as somebody writes it who has the file and no program: to tamper with it, or to make a long one."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

NEWEST_CHECKPOINT = "(SELECT max(number) FROM ledger WHERE kind = 'checkpoint')"


def row_hash(before: bytes, number: int, at: int, kind: str, detail: str) -> bytes:
    """By the head of Ledger.swift."""
    return hashlib.sha256(before + f"{number}\n{at}\n{kind}\n{detail}".encode()).digest()


def change(path: Path, script: str) -> None:
    """Runs statements in a ledger, and leaves no log beside it."""
    with closing(sqlite3.connect(path)) as ledger:
        ledger.executescript(script)
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def hash_anew(path: Path, first: int) -> None:
    """Makes every hash from that row on right again, as whoever covers his traces does."""
    with closing(sqlite3.connect(path)) as ledger, ledger:
        (before,) = ledger.execute("SELECT hash FROM ledger WHERE number < ? ORDER BY number DESC", (first,)).fetchone()
        rows = ledger.execute("SELECT number, at_ms, kind, detail FROM ledger WHERE number >= ? ORDER BY number", (first,))
        for row in rows.fetchall():
            before = row_hash(before, *row)
            ledger.execute("UPDATE ledger SET hash = ? WHERE number = ?", (before, row[0]))


def lengthen(path: Path, last: int) -> None:
    """Appends upload rows as small as they get until there are so many."""
    with closing(sqlite3.connect(path)) as ledger, ledger:
        number, before = ledger.execute("SELECT number, hash FROM ledger ORDER BY number DESC").fetchone()
        for number in range(number + 1, last + 1):
            row = (number, 1_795_219_200_000 + number, "upload", f'{{"delivery":"d{number}"}}')
            before = row_hash(before, *row)
            ledger.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", (*row, before))


def head(path: Path, number: int) -> str:
    """A row as the supplier is told it."""
    with closing(sqlite3.connect(path)) as ledger:
        (digest,) = ledger.execute("SELECT hash FROM ledger WHERE number = ?", (number,)).fetchone()
    return f"{number}:{digest.hex()}"
