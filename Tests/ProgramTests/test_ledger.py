"""The ledger as customers and suppliers read it, and what becomes of tampering: `accord ledger verify` and
packaging/verify-ledger, which knows nothing of Accord's code, name the same row and the same fault."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import ledger_chain
import pytest
import received
from agreement_files import SUPPLIER
from appliance import Appliance, wait_for
from test_databases import pass_time
from turned_clock import TurnedClock

VERIFIER = Path(__file__).resolve().parents[2] / "packaging/verify-ledger"
ROW_KEYS = ["number", "at", "at_ms", "kind", "detail", "row", "hash"]

# What Limits.swift says, and VERIFIER.
ROWS_KEPT, ROWS_PER_CHECKPOINT = 40_000, 1_000


def told_heads(receiver) -> list[str]:
    """What the supplier was told with each delivery."""
    events = [point.attributes for point in receiver.points() if point.kind == "event"]
    return [f"{event['accord.ledger.number']}:{event['accord.ledger.head']}" for event in events]


def judged_by_others(output: str, *head: str) -> tuple[int, str]:
    """Exit code and verdict of the verifier that a third party uses."""
    done = subprocess.run([sys.executable, VERIFIER, *head], input=output, capture_output=True, text=True)
    return done.returncode, (done.stdout or done.stderr).strip()


def verdict(appliance: Appliance, head: str | None = None) -> tuple[int, str]:
    """Exit code and verdict; the program and the others agree about both."""
    arguments = ["--head", head] if head else []
    own = appliance.accord("ledger", "verify", *arguments, json=False)
    said = own.out.splitlines()[0] if own.code == 0 else own.err.removeprefix("accord: ").strip()
    assert judged_by_others(appliance.accord("ledger").out, *arguments[1:]) == (own.code, said)
    (object,) = appliance.accord("ledger", "verify", *arguments).json
    assert object["holds"] == (own.code == 0)
    if not object["holds"]:
        assert said == f"row {object['row']} {object['problem']}"
    return own.code, said


@pytest.fixture
def delivered(sharing) -> Appliance:
    """Three deliveries of both sources."""
    for _ in range(3):
        sharing.record()
        assert sharing.accord("upload").code == 0
    return sharing


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The ledger of a daemon whose agreement was changed again and again: 12 rows or more."""
    appliance = Appliance(tmp_path_factory.mktemp("written"))
    appliance.write_settings()
    for word in ("local", "deny", "local", "deny", "local", "deny", "local", "deny", "local", "deny", "local", "deny"):
        appliance.write_consent({"product": word})
        appliance.record(1)
    ledger_chain.change(appliance.var / "ledger.db", "")
    return appliance.var / "ledger.db"


@pytest.fixture
def path(written, bare_appliance) -> Path:
    """A copy of it that may be tampered with."""
    return shutil.copy(written, bare_appliance.var / "ledger.db")


@pytest.fixture(scope="module")
def long_and_written(written, tmp_path_factory) -> Path:
    """A ledger of which the real program has removed the first thousand rows twice."""
    appliance = Appliance(tmp_path_factory.mktemp("long"))
    appliance.write_settings()
    path = shutil.copy(written, appliance.var / "ledger.db")
    for last in (ROWS_KEPT + ROWS_PER_CHECKPOINT, ROWS_KEPT + 2 * ROWS_PER_CHECKPOINT + 2):
        ledger_chain.lengthen(path, last)
        appliance.write_consent({"product": ["local", "deny"][last % 2]}, accepts=last)
        appliance.record(1)
    ledger_chain.change(path, "")
    return path


@pytest.fixture
def long(long_and_written, bare_appliance) -> Path:
    return shutil.copy(long_and_written, bare_appliance.var / "ledger.db")


def test_every_fact_is_a_line_with_the_names_that_the_chain_does_not_hold(delivered, receiver):
    lines = delivered.accord("ledger", json=False).out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    for sentence in (
        f"accepted revision 2 of the offer of {SUPPLIER}",
        f"in force with {SUPPLIER}: product share, environment share, accepted by IT operations",
        f"product is shared with {SUPPLIER} at {receiver.url} from now on, grant ",
        "a pseudonym was made",
        "accepted, environment: ",
    ):
        assert sum(sentence in line for line in lines) >= 1, sentence
    assert sum("in force with" in line for line in lines) == 1, "a start is no change"
    for name in (SUPPLIER, "IT operations", receiver.url):
        assert name not in delivered.accord("ledger").out
    (sent, *_) = delivered.batches("environment", "sent")
    row = next(line for line in lines if f"accepted, environment: {sent['id']}, {sent['readings']} readings, " in line)
    assert row.endswith(" bytes, HTTP 200")


def test_the_rows_hold_what_the_receiver_got(delivered, receiver):
    rows = [row["detail"] for row in delivered.accord("ledger").json if row["kind"] == "upload"]
    assert [row["batches"] for row in rows] == [[f"{row['grant'][:8]}-{n // 2 + 1}"] for n, row in enumerate(rows)]
    requests = [request for request in received.requests(receiver.directory) if request.path == "/v1/metrics"]
    bodies = [request.body for request in requests if request.body]
    assert len(bodies) == 6
    assert [(row["body_sha256"], row["bytes"]) for row in rows] == [(sha256(body).hexdigest(), len(body)) for body in bodies]


def test_json_rows_say_what_was_hashed(delivered):
    for row in delivered.accord("ledger").json:
        assert list(row) == ROW_KEYS
        number, at, kind, detail = row["row"].split("\n")
        assert (int(number), int(at), kind) == (row["number"], row["at_ms"], row["kind"])
        assert json.loads(detail) == row["detail"] and len(row["hash"]) == 64


def test_some_of_the_rows_can_be_asked_for(bare_appliance, path):
    rows = bare_appliance.accord("ledger").json
    assert bare_appliance.accord("ledger", "--limit", "2").json == rows[-2:]
    assert bare_appliance.accord("ledger", "--since", "1h").json == rows
    assert bare_appliance.accord("ledger", "--since", "2100-01-01").json == []
    # 2001-09-09T01:46:40Z
    ledger_chain.change(path, "UPDATE ledger SET at_ms = 1000000000000 WHERE number = 5")
    everything, others = list(range(1, len(rows) + 1)), [row["number"] for row in rows if row["number"] != 5]
    for since, numbers in (
        ("2001-09-09", everything),
        ("2001-09-09T01:46:40Z", everything),
        ("2001-09-09T01:46:41Z", others),
        ("2001-09-10", others),
        ("7days", others),
    ):
        assert [row["number"] for row in bare_appliance.accord("ledger", "--since", since).json] == numbers, since
    for value in ("yesterday", "2026-13-01", "2026-11-21T25:00:00Z", "7 weeks"):
        refused = bare_appliance.accord("ledger", "--since", value, json=False)
        assert refused.code == 2 and f"The value '{value}' is invalid for '--since <time>'" in refused.err


TAMPERING = [
    ("UPDATE ledger SET detail = replace(detail, 'local', 'share') WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET detail = detail || char(10) WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET detail = 'no JSON' WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET detail = CAST(detail || x'00ff' AS TEXT) WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET at_ms = at_ms - 1 WHERE number = 5", 5, "does not follow"),
    (f"UPDATE ledger SET at_ms = {2**63 - 1} WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET kind = 'upload' WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET hash = zeroblob(32) WHERE number = 5", 5, "does not follow"),
    ("UPDATE ledger SET number = 500 WHERE number = 5", 5, "is missing"),
    ("UPDATE ledger SET number = -5 WHERE number = 5", -5, "does not belong there"),
    (f"UPDATE ledger SET number = {2**63 - 1} WHERE number = 5", 5, "is missing"),
    (f"UPDATE ledger SET number = {-(2**63)} WHERE number = 5", -(2**63), "does not belong there"),
    ("DELETE FROM ledger WHERE number = 5", 5, "is missing"),
    ("DELETE FROM ledger WHERE number = 1", 1, "is missing"),
    ("DELETE FROM ledger WHERE number < 5", 1, "is missing"),
    (
        "UPDATE ledger SET number = -number WHERE number IN (5, 6); UPDATE ledger SET number = 11 + number "
        "WHERE number < 0",
        5,
        "does not follow",
    ),
    (
        "UPDATE ledger SET kind = 'checkpoint', detail = '{\"through\":3}' WHERE number = 5; "
        "DELETE FROM ledger WHERE number < 4",
        5,
        "does not follow",
    ),
]


@pytest.mark.parametrize(("script", "row", "fault"), TAMPERING, ids=[row[0] for row in TAMPERING])
def test_whatever_is_done_to_a_row_is_found_and_the_row_is_named(bare_appliance, path, script, row, fault):
    assert verdict(bare_appliance)[0] == 0
    ledger_chain.change(path, script)
    code, said = verdict(bare_appliance)
    assert code == 1 and said.startswith(f"row {row} {fault}"), said


def test_a_chain_that_was_cut_or_written_anew_is_found_by_the_head_that_the_supplier_was_told(delivered, receiver):
    heads = told_heads(receiver)
    assert len(heads) == 6 and len(set(heads)) == 3
    for head in heads:
        assert verdict(delivered, head)[0] == 0
    path, newest = delivered.var / "ledger.db", int(heads[-1].split(":")[0])
    untouched = path.with_suffix(".kept")
    ledger_chain.change(path, "")
    shutil.copy(path, untouched)

    ledger_chain.change(path, f"DELETE FROM ledger WHERE number = {newest}")
    assert verdict(delivered)[0] == 0, "nothing in the chain itself shows it"
    cut = f"row {newest} is missing: the end was cut off after row {newest - 1}"
    assert verdict(delivered, heads[-1]) == (1, cut)
    assert verdict(delivered, heads[0])[0] == 0

    shutil.copy(untouched, path)
    edited = int(heads[2].split(":")[0]) - 1
    ledger_chain.change(path, f"UPDATE ledger SET detail = replace(detail, '200', '201') WHERE number = {edited}")
    assert verdict(delivered)[1].startswith(f"row {edited} does not follow")
    ledger_chain.hash_anew(path, edited)
    assert verdict(delivered)[0] == 0, "nothing in the chain itself shows it"
    for head in heads:
        number, is_before = int(head.split(":")[0]), int(head.split(":")[0]) < edited
        anew = f"row {number} is not the one of the head that was told: the chain was written anew"
        assert verdict(delivered, head) == (1, anew) or is_before and verdict(delivered, head)[0] == 0


def test_a_ledger_that_is_full_gives_its_oldest_rows_way_to_a_checkpoint(bare_appliance, long):
    with closing(sqlite3.connect(long)) as ledger:
        rows = ledger.execute("SELECT number, detail FROM ledger WHERE kind = 'checkpoint' ORDER BY number").fetchall()
        first, last = ledger.execute("SELECT min(number), max(number) FROM ledger").fetchone()
    (_, one), (number, two) = rows
    assert (json.loads(one)["through"], json.loads(two)["through"]) == (1_000, 2_000)
    assert sum(json.loads(two)["counts"].values()) == 2_000 and json.loads(two)["counts"]["agreement-changed"] == 12
    assert json.loads(two)["upload"] == "d2000" and first == 2_001
    code, said = verdict(bare_appliance)
    assert code == 0 and said.startswith(f"the chain holds: {last - 2_000} rows, from number 2001, head {last}:")
    assert verdict(bare_appliance, ledger_chain.head(long, 2_001))[0] == 0
    assert verdict(bare_appliance, f"2000:{json.loads(two)['hash']}")[0] == 0
    behind = "row 1500 was removed by a checkpoint: only a newer head can be checked"
    assert verdict(bare_appliance, f"1500:{'0' * 64}") == (1, behind)
    assert "rows up to 2000 were removed and are vouched for here: 12 agreement-changed, 1,9" in (
        bare_appliance.accord("ledger", "--limit", "3", json=False).out
    )


LONG_TAMPERING = [
    ("DELETE FROM ledger WHERE number < 2010", "row 2001 is missing"),
    (f"DELETE FROM ledger WHERE number = {ledger_chain.NEWEST_CHECKPOINT}", "row 1001 is missing"),
    (
        "UPDATE ledger SET detail = json_set(detail, '$.through', 2009, '$.hash', (SELECT lower(hex(hash)) FROM ledger "
        f"WHERE number = 2009)) WHERE number = {ledger_chain.NEWEST_CHECKPOINT}; DELETE FROM ledger WHERE number < 2010",
        "row {} does not follow",
    ),
    ("UPDATE ledger SET detail = replace(detail, 'd20', 'd30') WHERE number = 2001", "row 2001 does not follow"),
]


@pytest.mark.parametrize(("script", "said"), LONG_TAMPERING, ids=[row[0] for row in LONG_TAMPERING])
def test_the_beginning_of_a_full_ledger_is_guarded_by_its_checkpoint(bare_appliance, long, script, said):
    with closing(sqlite3.connect(long)) as ledger:
        (number,) = ledger.execute(f"SELECT {ledger_chain.NEWEST_CHECKPOINT}").fetchone()
    ledger_chain.change(long, script)
    code, found = verdict(bare_appliance)
    assert code == 1 and found.startswith(said.format(number)), found


def test_a_checkpoint_that_is_right_in_all_but_its_time_is_found(bare_appliance, path):
    last = bare_appliance.accord("ledger").json[-1]["number"]
    point = ledger_chain.head(path, 5).split(":")[1]
    ledger_chain.change(
        path,
        f"INSERT INTO ledger VALUES ({last + 1}, 1, 'checkpoint', '{{\"through\":5,\"hash\":\"{point}\"}}', x'');"
        "DELETE FROM ledger WHERE number <= 5",
    )
    ledger_chain.hash_anew(path, last + 1)
    found = "is a checkpoint for rows that are too young to be removed: it was put in"
    assert verdict(bare_appliance) == (1, f"row {last + 1} {found}")


def test_output_that_was_edited_on_its_way_is_found_too(bare_appliance, path):
    rows = bare_appliance.accord("ledger").json
    assert judged_by_others(bare_appliance.accord("ledger").out)[0] == 0
    for key, value in (("detail", {"standing": "none"}), ("at", "2020-01-01T00:00:00Z"), ("at_ms", 1), ("kind", "gap")):
        edited = [row | {key: value} if row["number"] == 5 else row for row in rows]
        said = judged_by_others("\n".join(map(json.dumps, edited)))
        assert said == (1, "row 5 is shown otherwise than it was hashed")
    assert judged_by_others("") == (0, "the ledger has no rows")
    assert judged_by_others("", "nonsense")[0] == 1


def test_a_ledger_that_cannot_be_looked_at_is_one_sentence(bare_appliance):
    path = bare_appliance.var / "ledger.db"

    def sentences() -> list[str]:
        results = [bare_appliance.accord("ledger", *verb, json=False) for verb in ([], ["verify"])]
        assert all(result.code == 1 and result.out == "" for result in results)
        return [result.err.replace(str(path), "LEDGER") for result in results]

    missing = bare_appliance.accord("ledger", "verify", json=False)
    assert (missing.code, missing.err) == (
        1,
        f"accord: there is no ledger at {path}: accordd has not run yet, or it was removed\n",
    )
    assert bare_appliance.accord("ledger", json=False).out == "there is no ledger yet: accordd begins it\n"
    path.write_bytes(b"no database" * 1000)
    damaged = "accord: LEDGER is damaged or no database; accordd sets it aside and begins anew\n"
    assert sentences() == [damaged] * 2
    path.unlink()
    ledger_chain.change(path, "CREATE TABLE recipes (name TEXT)")
    assert sentences() == ["accord: LEDGER is a database of something else; move it away to begin anew\n"] * 2
    path.unlink()
    bare_appliance.record(1)
    ledger_chain.change(path, "PRAGMA user_version = 99")
    newer = "accord: LEDGER has the form 99 of a newer accord; install that version, or move the file away\n"
    assert sentences() == [newer] * 2


def test_a_torn_page_in_the_middle_is_said_and_not_passed_over(bare_appliance, long):
    size = long.stat().st_size
    with open(long, "r+b") as file:
        file.seek(size // 2 // 1024 * 1024)
        file.write(b"\xff" * 4096)
    result = bare_appliance.accord("ledger", "verify", json=False)
    assert result.code == 1 and len(result.err.splitlines()) == 1
    assert "is damaged" in result.err or " does not follow " in result.err


def test_no_attribute_value_ever_enters_the_ledger(sharing, receiver, tmp_path, monkeypatch):
    sharing.kernel.write_interfaces(canary7x=(11, 12, 13, 14, 15, 16, 17, 18))
    sharing.write_settings(interval="10s", seal="60s")
    clock = TurnedClock(tmp_path / "clock", monkeypatch)
    receiver.answer_next(status=400, path="/v1/metrics")
    with sharing.daemon():
        pass_time(clock, 20)
        clock.wait()
        sharing.accord("upload")
        clock.advance(10)
        clock.wall_milliseconds += 3_600_000
        pass_time(clock, 10)
        clock.wait()
        sharing.accord("upload")
        assert b"canary7x" in sharing.bytes_of_state("spool.db*")
        held = sharing.bytes_of_state("ledger.db*")
        for trace in (b"canary7x", b"eth0", b"bookworm", b"Debian", b"system.", str(sharing.prefix).encode()):
            assert trace not in held
        assert SUPPLIER.encode() in held and b"IT operations" in held, "in the table beside the chain"
        sharing.write_consent({})
        clock.advance(10)
        pass_time(clock, 10)
        clock.wait()
    wait_for(lambda: not (sharing.var / "identity").exists(), "the end of the pseudonym")
    held = sharing.bytes_of_state("ledger.db*")
    for trace in (b"canary7x", SUPPLIER.encode(), b"IT operations", b"localhost"):
        assert trace not in held
    lines = sharing.accord("ledger", json=False).out
    assert "(the name was erased)" in lines and SUPPLIER not in lines
    assert "the clock was set forward by 1 h" in lines
    assert verdict(sharing)[0] == 0
