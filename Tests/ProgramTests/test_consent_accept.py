"""Saying yes by command: the whole offer is shown, and the word is asked for; what a change would do; and the one notice
that asks for deletion."""

import os
import pty
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from appliance import COMMAND_SECONDS_MAX, Appliance, Result, run, wait_for

YES = ("--yes", "--by", "IT operations")


def at_a_terminal(appliance: Appliance, answer: str, *arguments: str) -> Result:
    """Runs `accord consent accept` as a person does who types an answer."""
    ours, theirs = pty.openpty()
    command = appliance.command("accord", "consent", "accept", *arguments)
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.write(ours, answer.encode())
    out, err = process.communicate(timeout=COMMAND_SECONDS_MAX)
    os.close(ours)
    os.close(theirs)
    return Result(process.returncode, out, err)


def test_the_whole_offer_is_shown_and_yes_makes_a_consent_that_shares_what_was_shown(appliance, receiver):
    result = at_a_terminal(appliance, "yes\n", "--by", "Ada")
    assert (result.code, result.err) == (0, "")
    for line in (
        "supplier  Example Devices Ltd",
        "revision  2",
        "contact   privacy@example.com",
        f"sent to   {receiver.url}, whom the certificates in supplier-ca.pem vouch for",
        "  why            Recognise overheating, full disks and bad power",
        "  what you get   A yearly site-health report",
        "  kept for       90 days",
        "  at the finest  one reading every 100 ms",
        "Nothing of this supplier was accepted before.",
        "accepted: revision 2 of Example Devices Ltd, by Ada",
        "in force now: product share, environment share; all else is denied",
    ):
        assert line in result.out, line
    assert "system.network.io, system.network.packet.count" in result.out and "system.*" not in result.out
    assert "Always sent with what is shared, and nothing else: a random pseudonym" in result.out
    file = appliance.etc / "consent.toml"
    assert file.read_text() == (
        "schema      = 1\n"
        'supplier    = "Example Devices Ltd"\n'
        "accepts     = 2\n"
        'accepted_by = "Ada"\n'
        f"accepted_on = {datetime.now(UTC).date()}\n"
        "\n[sources]\n"
        'product = "share"\n'
        'environment = "share"\n'
    )
    assert oct(file.stat().st_mode & 0o777) == "0o644"
    # It is in force: what is recorded from here on is delivered.
    appliance.record()
    assert appliance.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product", "environment"}


@pytest.mark.parametrize("answer", ["y\n", "no\n", "YES\n", "\n", "\x04"])
def test_anything_but_the_word_changes_nothing(appliance, answer):
    result = at_a_terminal(appliance, answer)
    assert result.code == 1 and "not accepted; nothing was changed" in result.err
    assert not (appliance.etc / "consent.toml").exists() and not (appliance.var / "accepted").exists()


def test_without_a_terminal_it_needs_yes(appliance):
    result = run([*appliance.command("accord", "consent", "accept")])
    assert result.code == 2 and "to agree without being asked, give --yes" in result.err
    assert not (appliance.etc / "consent.toml").exists()


def test_identifying_signals_are_marked(appliance, receiver, certificates):
    product = {"purpose": "p", "benefit": "b", "retention": "1 day", "resolution": "1s", "signals": ["host.name"]}
    appliance.write_offer(receiver.url, certificates.ca, product=product, environment=None)
    result = appliance.accord("consent", "accept", *YES, json=False)
    assert "  identifying    host.name: each may tell who you are" in result.out


def test_what_differs_from_what_was_accepted_is_shown_and_sources_stay_as_they_are(sharing, receiver, certificates):
    sharing.write_consent({"product": "share", "environment": "local"})
    sharing.record()
    before = (sharing.etc / "consent.toml").read_text()
    product = {
        "purpose": "Something else",
        "benefit": "Proactive replacement of worn parts",
        "retention": "500 days",
        "resolution": "100ms",
        "signals": ["system.uptime", "os.type", "os.name"],
    }
    sharing.write_offer(receiver.url, certificates.ca, revision=3, product=product)
    result = sharing.accord("consent", "accept", *YES, json=False)
    assert result.code == 0, result.err
    assert "What differs from revision 2, which was accepted before:\n" in result.out
    for line in (
        "  product, why: Something else; before: Tell you about faults and updates before they hurt\n",
        "  product, kept for: 500 days; before: 400 days\n",
        "  product, signals removed: ",
        "not shared: environment; to share it: accord consent set environment=share\n",
    ):
        assert line in result.out, line
    assert "environment, " not in result.out.split("What differs")[1].split("accepted:")[0]
    today = str(datetime.now(UTC).date())
    assert (sharing.etc / "consent.toml").read_text() == before.replace("accepts = 2", "accepts = 3").replace(
        "2026-11-21", today
    )
    assert sharing.accord("consent", "check").code == 0


def test_an_offer_that_changed_under_the_same_revision_is_accepted_again(sharing, receiver, certificates):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        sharing.write_offer(
            receiver.url, certificates.ca, environment=None, product=sharing_request(retention="900 days")
        )
        wait_for(lambda: sharing.accord("consent", "check").code == 4, "the held source")
        result = sharing.accord("consent", "accept", *YES)
        assert result.code == 0, result.err
        assert result.json[0]["in_force"]["product"] == "share"
        assert any("900 days" in line for line in result.json[0]["offer"]["differences"])
        daemon.ticks(2)
        assert sharing.accord("consent", "check").code == 0
    assert sharing.accord("upload").code == 0


def sharing_request(**changes) -> dict:
    from agreement_files import OFFER

    return OFFER["product"] | changes


def test_nothing_can_be_accepted_where_nothing_is_offered_or_the_offer_is_broken(bare_appliance):
    result = bare_appliance.accord("consent", "accept", *YES)
    assert result.code == 4 and f"{bare_appliance.etc}/offer.toml: there is no offer" in result.err
    bare_appliance.write("offer.toml", "schema = 1\nsupplier = Acme\n")
    result = bare_appliance.accord("consent", "accept", *YES)
    assert result.code == 4 and f"{bare_appliance.etc}/offer.toml:2:12: Acme is not a value" in result.err
    assert not (bare_appliance.etc / "consent.toml").exists()


def test_an_offer_that_forges_lines_is_not_shown_and_not_accepted(appliance):
    offer = (appliance.etc / "offer.toml").read_text()
    forged = "A report\\n  kept for       1 days\\u001b[8m"
    appliance.write("offer.toml", offer.replace("A yearly site-health report", forged))
    for arguments in (("accept", *YES), ("show",)):
        result = appliance.accord("consent", *arguments, json=False)
        assert "A report" not in result.out and "\x1b" not in result.out + result.err
    result = appliance.accord("consent", "accept", *YES)
    assert result.code == 4 and not (appliance.etc / "consent.toml").exists()
    assert re.search(r"/offer\.toml:\d+:11: 'benefit' holds the character \\u000A; ", result.err)
    assert "; expected one line of text without control characters" in result.err


@pytest.mark.parametrize("name", ["Ada\nall is shared", "Ada\x1b[8m", "\u202eadA"])
def test_a_name_that_forges_lines_accepts_nothing(appliance, name):
    result = appliance.accord("consent", "accept", "--yes", "--by", name)
    assert (result.code, result.out) == (2, "") and not (appliance.etc / "consent.toml").exists()
    assert "who agrees is one line of text without control characters; give the name to --by" in result.err


def test_a_file_that_nobody_understands_is_not_accepted_into(sharing):
    broken = (sharing.etc / "consent.toml").read_text().replace('"share"', "share")
    sharing.write("consent.toml", broken)
    result = sharing.accord("consent", "accept", *YES)
    assert result.code == 4 and (sharing.etc / "consent.toml").read_text() == broken


# What a change would do.


def test_a_plan_counts_what_stops_and_what_is_deleted_and_changes_nothing(sharing):
    sharing.record()
    kept = {
        database: sharing.sql(database, "SELECT count(*), sum(readings) FROM batches WHERE source = 1")[0]
        for database in ("spool", "history")
    }
    state = sharing.bytes_of_state("*.db")
    text = (sharing.etc / "consent.toml").read_text()
    kernel = ("--kernel-root", str(sharing.kernel.root))
    result = sharing.accord("consent", "plan", "environment=deny", *kernel)
    assert result.code == 0, result.err
    plan = result.json[0]["sources"]
    assert set(plan) == {"environment"} and (plan["environment"]["from"], plan["environment"]["to"]) == ("share", "deny")
    assert "system.memory.usage" in plan["environment"]["stops"] and plan["environment"]["starts"] == []
    for database, (batches, readings) in kept.items():
        assert plan["environment"][database] == {"batches": batches, "readings": readings}
    local = sharing.accord("consent", "plan", "environment=local", *kernel).json[0]["sources"]["environment"]
    assert local["stops"] == [] and "system.memory.usage" in local["stops_sending"]
    assert local["history"]["batches"] == 0 and local["spool"] == plan["environment"]["spool"]
    sentence = sharing.accord("consent", "plan", "revoke", *kernel, json=False).out.splitlines()[-1]
    assert sentence.startswith("stops ") and sentence.endswith("of the history, re-cuts 0; nothing changed")
    assert sharing.accord("consent", "plan", "product=share", *kernel).json[0]["sources"] == {}
    assert (sharing.etc / "consent.toml").read_text() == text
    assert sharing.bytes_of_state("*.db") == state and sharing.accord("status").json[0]["deletions"] == []


def test_a_plan_comes_true(sharing):
    sharing.record()
    assert_the_plan_of_a_revocation_comes_true(sharing)


@pytest.mark.parametrize("state", ["expired", "malformed", "missing"])
def test_a_plan_of_a_revocation_comes_true_whatever_state_the_consent_is_in(sharing, state):
    sharing.record()
    file = sharing.etc / "consent.toml"
    text = file.read_text()
    match state:
        case "expired":
            sharing.write("consent.toml", "until = 2020-01-01\n" + text)
        case "malformed":
            sharing.write("consent.toml", text.replace('"share"', "share"))
        case "missing":
            file.unlink()
    before = file.read_bytes() if file.exists() else None
    assert_the_plan_of_a_revocation_comes_true(sharing)
    if before is not None:
        assert (sharing.etc / "consent.toml.replaced").read_bytes() == before


def assert_the_plan_of_a_revocation_comes_true(sharing):
    file = sharing.etc / "consent.toml"
    before = file.read_bytes() if file.exists() else None
    result = sharing.accord("consent", "plan", "revoke", "--kernel-root", str(sharing.kernel.root))
    assert result.code == 0, result.err
    assert (file.read_bytes() if file.exists() else None) == before
    planned = result.json[0]["sources"]
    done = sharing.accord("consent", "revoke").json[0]["removed"]
    assert len(done) == 4
    assert {(entry["source"], entry["database"]): (entry["batches"], entry["readings"]) for entry in done} == {
        (source, database): (line[database]["batches"], line[database]["readings"])
        for source, line in planned.items()
        for database in ("spool", "history")
    }


@pytest.mark.parametrize(
    ("table", "named", "removes"),
    [
        ({"resolution": {"environment": "5s"}}, "  one reading every 100 ms -> 5 s", "batches"),
        ({"withhold": {"signals": ["system.network.*"]}}, "withholds: system.network.*", "recut"),
        ({"redact": {"network.interface.name": "drop"}}, 'redacts: network.interface.name = "drop"', "recut"),
        ({"redact": {"network.interface.name": "hash"}}, 'redacts: network.interface.name = "hash"', None),
    ],
    ids=["coarser", "withheld", "dropped", "hashed"],
)
def test_a_plan_of_a_narrower_file_names_the_change_and_comes_true(sharing, tmp_path, table, named, removes):
    sharing.kernel.write_interfaces(lan0=range(8), lan1=range(8))
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    shared = {"product": "share", "environment": "share"}
    candidate = tmp_path / "next.toml"
    candidate.write_bytes(sharing.write_consent(shared, **table).read_bytes())
    sharing.write_consent(shared)
    kernel = ("--kernel-root", str(sharing.kernel.root))
    assert named in sharing.accord("consent", "plan", str(candidate), *kernel, json=False).out.splitlines()
    plan = sharing.accord("consent", "plan", str(candidate), *kernel).json[0]["sources"]
    sharing.write_consent(shared, **table)
    result = sharing.accord("consent", "set", "product=share")
    assert result.code == 0, result.err
    done = sharing.accord("status").json[0]["deletions"]
    for database in ("spool", "history"):
        entries = [entry for entry in done if entry["database"] == database]
        sums = {key: sum(entry[key] for entry in entries) for key in ("batches", "readings")}
        assert plan.get("environment", {}).get(database, {"batches": 0, "readings": 0}) == sums
    recut = sum(entry["recut"] for entry in done)
    assert plan.get("environment", {}).get("recut", 0) == recut
    removed = {"batches": sum(entry["batches"] for entry in done), "recut": recut}
    assert {key for key, count in removed.items() if count} == ({removes} if removes else set())
    assert done or removes
    ledger = sharing.accord("ledger", json=False).out
    assert "0 batches, 0 readings" not in ledger and (" series withdrawn, " in ledger) == (removes != "batches")
    assert (" re-cut, " in ledger) == (removes == "recut")


def test_a_file_can_be_planned_before_it_is_put_in_place(sharing, tmp_path):
    sharing.record()
    candidate = tmp_path / "next.toml"
    candidate.write_text((sharing.etc / "consent.toml").read_text() + '\n[withhold]\nsignals = ["system.network.*"]\n')
    kernel = ("--kernel-root", str(sharing.kernel.root))
    plan = sharing.accord("consent", "plan", str(candidate), *kernel).json[0]["sources"]
    assert "system.network.io" in plan["environment"]["stops"]
    assert "system.memory.usage" not in plan["environment"]["stops"]
    # One batch of each database stays, without the network's columns; product has none of them.
    assert set(plan) == {"environment"} and plan["environment"]["recut"] == 2
    assert plan["environment"]["spool"]["batches"] == plan["environment"]["history"]["batches"] == 0
    candidate.write_text("schema = 1\n[sources]\nproduct = share\n")
    result = sharing.accord("consent", "plan", str(candidate), *kernel)
    assert result.code == 4 and result.err.startswith(f"accord: {candidate}:3:11: share is not a value")
    assert "It would stop everything and delete nothing" in result.err


def test_a_plan_names_the_file_that_it_cannot_read(sharing, tmp_path):
    result = sharing.accord("consent", "plan", str(tmp_path))
    assert (result.code, result.err) == (1, f"accord: {tmp_path}: cannot read: Is a directory\n")
    result = sharing.accord("consent", "plan", str(tmp_path / "next.toml"))
    assert result.code == 1 and f"cannot open {tmp_path}/next.toml: " in result.err


@pytest.mark.parametrize("before", ["deny", "local"])
def test_a_plan_says_why_something_else_comes_out_than_was_asked(sharing, before):
    sharing.write_consent({"product": "share", "usage": before})
    kernel = ("--kernel-root", str(sharing.kernel.root))
    text = sharing.accord("consent", "plan", "usage=share", *kernel, json=False).out
    reason = "shared by the customer, but the offer does not ask for it (consent.toml:"
    assert re.search(rf"^usage: {before} -> local: {re.escape(reason)}\d+\)$", text, re.MULTILINE), text
    (plan,) = sharing.accord("consent", "plan", "usage=share", *kernel).json
    assert set(plan["sources"]) == {"usage"} and plan["sources"]["usage"]["reason"].startswith(reason)
    (plan,) = sharing.accord("consent", "plan", "product=local", *kernel).json
    assert plan["sources"]["product"]["reason"] is None


# Asking for deletion.


def notices(receiver) -> list:
    return [point for point in receiver.points() if point.kind == "event" and point.signal == "accord.deletion_request"]


def test_asking_for_deletion_sends_the_old_pseudonym_and_the_sources_and_nothing_else(sharing, receiver):
    sharing.record()
    assert sharing.accord("upload").code == 0
    pseudonym = sharing.accord("status").json[0]["pseudonym"]
    before = len(receiver.requests)
    result = sharing.accord("consent", "revoke", "--ask-deletion", json=False)
    assert result.code == 0, result.err
    assert "asked for deletion: the receiver took it\n" in result.out
    assert f"pseudonym: {pseudonym}\n" in result.out and "contact: privacy@example.com\n" in result.out
    assert [request["path"] for request in receiver.requests[before:]] == ["/v1/logs"]
    (notice,) = notices(receiver)
    assert notice.resource == {"service.name": "accord", "service.instance.id": pseudonym}
    assert notice.attributes == {"accord.sources": ["product", "environment"]}
    assert not (sharing.var / "identity").exists()
    ((kind, detail),) = sharing.sql("ledger", "SELECT kind, detail FROM ledger ORDER BY number DESC LIMIT 1")
    assert kind == "deletion-asked" and "true" in detail and pseudonym not in detail


def test_a_notice_that_does_not_arrive_is_an_exit_code_and_an_address_to_write_to(sharing, receiver):
    sharing.record()
    assert sharing.accord("upload").code == 0
    pseudonym = sharing.accord("status").json[0]["pseudonym"]
    receiver.answer_next(503, path="/v1/logs")
    result = sharing.accord("consent", "revoke", "--ask-deletion")
    assert result.code == 1 and result.json[0]["deletion_asked"]["is_taken"] is False
    assert result.err == (
        "accord: the receiver was not asked for deletion: HTTP 503: the receiver is busy or down; write to "
        f"privacy@example.com and name the pseudonym {pseudonym}\n"
    )
    assert set(result.json[0]["in_force"].values()) == {"deny"} and b"system." not in sharing.bytes_of_state("spool.db*")


def test_a_notice_goes_only_where_it_was_agreed_to_send(sharing, receiver, certificates):
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.write_offer("https://127.0.0.1:9", certificates.ca)
    result = sharing.accord("consent", "revoke", "--ask-deletion")
    assert result.code == 0, result.err
    assert len(notices(receiver)) == 1


def test_no_notice_is_sent_under_a_pseudonym_under_which_nothing_was_sent(sharing, receiver):
    sharing.record()
    assert sharing.accord("upload").code == 0
    first = sharing.accord("consent", "revoke").json[0]["pseudonym"]
    assert sharing.accord("consent", "set", "product=share").code == 0
    sharing.record()
    second = sharing.accord("status").json[0]["pseudonym"]
    assert second not in (None, first)
    result = sharing.accord("consent", "revoke", "--ask-deletion")
    assert result.code == 1 and notices(receiver) == []
    assert result.err == (
        "accord: the receiver was not asked for deletion: nothing was sent under this pseudonym; earlier ones were printed "
        "when they were taken back; write to privacy@example.com and name the pseudonym that an earlier revocation printed\n"
    )
    assert sharing.sql("ledger", "SELECT count(*) FROM ledger WHERE kind = 'deletion-asked'") == [(0,)]


def test_without_being_asked_a_revocation_contacts_nobody(sharing, receiver, tmp_path):
    sharing.record()
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-e", "trace=network", "-o", str(trace)]
    if not shutil.which("strace") or run([*strace, "true"]).code != 0:
        pytest.skip("strace cannot be used here")
    assert run([*strace, *sharing.command("accord", "consent", "revoke")]).code == 0
    assert "socket(" not in trace.read_text()
    assert receiver.connections == 0
