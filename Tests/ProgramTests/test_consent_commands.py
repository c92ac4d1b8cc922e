"""Saying no by command: the file is changed in place, both gates are closed and what was kept is gone when the command
returns, or it says what is owed; whether accordd runs, stands still or is not there."""

import fcntl
import os
import pty
import signal
import sqlite3
import subprocess
import time

import pytest
from appliance import Appliance, needs_root, wait_for
from test_interrupted_delivery import metric_requests

CANARY = "canary7x"
COUNTERS = (11, 12, 13, 14, 15, 16, 17, 18)
LIMITS = (
    "What was sent before is with the receiver. Dumps, backups and what flash has not erased yet are beyond this.\n"
)


def is_read(daemon, file: str) -> bool:
    return daemon.probe(file)["outcome"] != "not-run"


@pytest.fixture
def recorded(sharing: Appliance) -> Appliance:
    """Both sources were shared for a while; the network's readings have a name that can be looked for."""
    sharing.kernel.write_interfaces(**{CANARY: COUNTERS})
    sharing.record()
    assert CANARY.encode() in sharing.bytes_of_state("spool.db*")
    assert CANARY.encode() in sharing.bytes_of_state("private/history.db*")
    return sharing


def consent(appliance: Appliance) -> str:
    return (appliance.etc / "consent.toml").read_text()


def removed(result) -> set[tuple[str, str]]:
    (report,) = result.json
    assert all(entry["is_done"] and entry["batches"] > 0 and entry["readings"] > 0 for entry in report["removed"])
    return {(entry["source"], entry["database"]) for entry in report["removed"]}


def test_revoking_one_source_while_the_agent_runs_closes_its_gates_and_removes_it_before_returning(recorded, receiver):
    before = consent(recorded)
    with recorded.daemon() as daemon:
        daemon.ticks(2)
        begun = time.monotonic()
        result = recorded.accord("consent", "revoke", "environment")
        assert result.code == 0, result.err
        assert time.monotonic() - begun < 10, "waited for the half minute that a hand edit needs"
        assert not is_read(daemon, "/proc/stat") and is_read(daemon, "/proc/uptime")
        assert removed(result) == {("environment", "spool"), ("environment", "history")}
        assert CANARY.encode() not in recorded.bytes_of_state()
        assert b"system.cpu" not in recorded.bytes_of_state()
    report = result.json[0]
    assert report["changed"] == [{"source": "environment", "from": "share", "to": "deny"}]
    assert (report["in_force"]["product"], report["in_force"]["environment"]) == ("share", "deny")
    assert report["owed"] == [] and report["contact"] == "privacy@example.com"
    assert report["pseudonym"] == recorded.accord("status").json[0]["pseudonym"]
    assert consent(recorded) == before.replace('environment = "share"', 'environment = "deny"')
    # Nobody was told.
    assert receiver.requests == [] and receiver.connections == 0
    assert recorded.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product"}


def test_rule_15_revoking_everything_without_the_agent_does_all_of_it_and_says_what_is_beyond_it(recorded):
    pseudonym = recorded.accord("status").json[0]["pseudonym"]
    result = recorded.accord("consent", "revoke", json=False)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:3] == [
        "product      share -> deny",
        "environment  share -> deny",
        "in force now: nothing is sampled, kept or sent",
    ]
    assert len([line for line in lines if line.startswith("removed: 1 batch, ")]) == 4
    assert f"pseudonym: {pseudonym}" in lines and "contact: privacy@example.com" in lines
    assert result.out.endswith(LIMITS)
    kept = recorded.bytes_of_state()
    for trace in (CANARY.encode(), b"system.", b"os.version", pseudonym.encode()):
        assert trace not in kept
    # Once more: nothing to do, and the same words.
    again = recorded.accord("consent", "revoke", json=False)
    assert again.code == 0 and "the sources are as they were\n" in again.out
    assert "removed: nothing was kept\n" in again.out and "pseudonym: none" in again.out


def test_local_empties_the_spool_and_keeps_the_history(recorded):
    result = recorded.accord("consent", "revoke", "--local")
    assert result.code == 0 and removed(result) == {("product", "spool"), ("environment", "spool")}
    assert CANARY.encode() not in recorded.bytes_of_state("spool.db*")
    assert CANARY.encode() in recorded.bytes_of_state("private/history.db*")
    assert 'product = "local"\nenvironment = "local"\n' in consent(recorded)


def test_local_does_not_widen_what_is_denied(recorded):
    recorded.write_consent({"product": "deny", "environment": "share"})
    assert recorded.accord("consent", "revoke", "product", "environment", "--local").code == 0
    assert 'product = "deny"\nenvironment = "local"\n' in consent(recorded)


@needs_root
def test_everything_else_in_the_file_stays_and_so_do_its_mode_and_owner(recorded):
    file = recorded.write("consent.toml", consent(recorded).replace("[sources]", "# ours\r\n[sources]  # é"))
    file.chmod(0o600)
    text = file.read_text()
    assert recorded.accord("consent", "set", "environment=local", "usage=deny").code == 0
    lines = text.replace('environment = "share"', 'environment = "local"\nusage       = "deny"')
    assert file.read_text() == lines
    assert file.stat().st_mode & 0o7777 == 0o600
    os.chown(recorded.etc / "consent.toml", 0, 4)
    assert recorded.accord("consent", "set", "product=local").code == 0
    assert (file.stat().st_uid, file.stat().st_gid) == (0, 4)
    assert sorted(path.name for path in recorded.etc.glob("consent*")) == ["consent.toml"]


def test_an_agent_that_does_not_answer_is_named_after_two_ticks_and_catches_up(recorded):
    recorded.write_settings(interval="1s")
    with recorded.daemon() as daemon:
        daemon.ticks(2)
        daemon.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        result = recorded.accord("consent", "revoke", "environment", json=False)
        assert 2 < time.monotonic() - begun < 8
        daemon.process.send_signal(signal.SIGCONT)
        assert result.code == 1
        assert "removed: " not in result.out and " of environment from the history\n" in result.out
        assert f"accordd (process {daemon.process.pid}) runs and has not looked at the change within two ticks" in result.err
        assert 'environment = "deny"' in consent(recorded)
        wait_for(lambda: CANARY.encode() not in recorded.bytes_of_state(), "the deletion that was owed", seconds=10)


def test_an_upload_under_way_closes_its_connection_and_is_named_as_in_flight(recorded, receiver):
    assert recorded.accord("upload").code == 0
    recorded.record()
    tried = len(metric_requests(receiver))
    receiver.answer_next(delay=60, path="/v1/metrics")
    with recorded.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        ((attempted, readings),) = recorded.sql("spool", "SELECT id, readings FROM deliveries WHERE outcome = 'trying'")
        begun = time.monotonic()
        result = recorded.accord("consent", "revoke")
        assert time.monotonic() - begun < 6
        out, err = upload.communicate(timeout=30)
    assert "the agreement changed during the transfer, and the connection was closed" in out + err
    assert result.code == 0, result.err
    assert result.json[0]["in_flight"] == [{"delivery": attempted, "readings": readings}]
    assert CANARY.encode() not in recorded.bytes_of_state()
    assert len(metric_requests(receiver)) == tried + 1


def test_what_another_program_holds_is_owed_and_done_by_the_agent_later(recorded):
    reader = sqlite3.connect(f"file:{recorded.var}/private/history.db?mode=ro", uri=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM batches").fetchall()
    result = recorded.accord("consent", "revoke")
    reader.close()
    assert result.code == 1
    assert "the change is made, and this is owed: another program holds a database" in result.err
    assert {entry["is_done"] for entry in result.json[0]["removed"] if entry["database"] == "history"} == {False}
    assert result.json[0]["in_force"] == dict.fromkeys(result.json[0]["in_force"], "deny")
    with recorded.daemon():
        wait_for(lambda: CANARY.encode() not in recorded.bytes_of_state(), "the deletion that was owed", seconds=10)


@needs_root
def test_a_state_directory_that_cannot_be_written_leaves_deletion_owed_and_the_gates_closed(recorded):
    os.system(f"mount --bind {recorded.var} {recorded.var} && mount -o remount,bind,ro {recorded.var}")
    if os.access(recorded.var, os.W_OK):
        pytest.skip("nothing can be mounted here")
    try:
        result = recorded.accord("consent", "revoke")
    finally:
        os.system(f"umount {recorded.var}")
    assert result.code == 1 and "the change is made, and this is owed: " in result.err, result.err
    assert "readonly database" in result.err
    owed = {(entry["source"], entry["database"]) for entry in result.json[0]["removed"] if not entry["is_done"]}
    assert owed == {(source, database) for source in ("product", "environment") for database in ("spool", "history")}
    assert set(result.json[0]["in_force"].values()) == {"deny"}
    assert recorded.accord("consent", "revoke").code == 0
    assert CANARY.encode() not in recorded.bytes_of_state()


def test_a_file_that_nobody_understands_is_edited_only_by_a_full_revocation_which_replaces_it(recorded):
    broken = consent(recorded).replace('"share"', "share")
    recorded.write("consent.toml", broken)
    for arguments in (("set", "product=deny"), ("revoke", "product"), ("revoke", "--local")):
        result = recorded.accord("consent", *arguments)
        assert result.code == 4 and consent(recorded) == broken
        assert result.err == (
            f'accord: {recorded.etc}/consent.toml:8:11: share is not a value; expected an integer, a boolean, a date, or text '
            'in quotes (did you mean "share" with quotes?). Nothing was changed: mend this first; until then nothing is '
            "sampled or sent; `accord consent revoke` without a source takes everything back\n"
        )
    result = recorded.accord("consent", "revoke")
    assert result.code == 0 and len(removed(result)) == 4
    assert CANARY.encode() not in recorded.bytes_of_state()
    assert (recorded.etc / "consent.toml.replaced").read_text() == broken
    assert recorded.accord("consent", "check").code == 0


def test_a_question_ends_with_its_own_mark(recorded):
    recorded.write("consent.toml", consent(recorded).replace('"share"', '"shar"', 1))
    result = recorded.accord("consent", "revoke", "product")
    assert result.code == 4 and "?. " not in result.err and "Nothing was changed" in result.err


def test_revoking_without_a_file_is_a_word_too_but_single_sources_were_not_shared(recorded):
    (recorded.etc / "consent.toml").unlink()
    result = recorded.accord("consent", "revoke", "product")
    assert result.code == 4 and not (recorded.etc / "consent.toml").exists()
    assert f"there is no {recorded.etc}/consent.toml: there is no consent, and nothing is shared" in result.err
    assert "`accord consent revoke` without a source takes everything back" in result.err
    assert recorded.accord("consent", "revoke").code == 0
    assert CANARY.encode() not in recorded.bytes_of_state()
    assert oct((recorded.etc / "consent.toml").stat().st_mode & 0o777) == "0o644"


def test_an_agreement_that_has_ended_is_held_and_a_full_revocation_still_removes(recorded):
    recorded.write("consent.toml", 'until = 2020-01-01\n' + consent(recorded))
    result = recorded.accord("consent", "revoke", "product")
    assert result.code == 4 and "the agreement ended on 2020-01-01, at 00:00 UTC" in result.err
    assert recorded.accord("consent", "revoke").code == 0
    assert CANARY.encode() not in recorded.bytes_of_state()


@pytest.mark.parametrize(
    "command", [("revoke", "environment"), ("set", "environment=deny"), ("revoke", "environment", "--local")]
)
def test_rule_9_taking_one_source_back_does_not_bless_an_old_copy_that_shares_another(recorded, receiver, command):
    file = recorded.etc / "consent.toml"
    content, times = file.read_bytes(), file.stat()
    assert recorded.accord("consent", "revoke").code == 0
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    result = recorded.accord("consent", *command, json=False)
    assert result.code == 4 and "an old copy came back" in result.err and "Nothing was changed" in result.err
    assert file.read_bytes() == content
    with recorded.daemon() as daemon:
        daemon.ticks(3)
    assert recorded.batches() == [] and recorded.accord("upload").code == 4
    assert recorded.accord("consent", "revoke").code == 0
    assert b'"share"' not in file.read_bytes()


def test_sharing_needs_an_offer_that_was_accepted_and_says_what_goes_from_now_on(recorded):
    recorded.write_consent({"product": "share"}, accepts=1)
    before = consent(recorded)
    result = recorded.accord("consent", "set", "environment=share", json=False)
    assert result.code == 4 and consent(recorded) == before
    assert "environment cannot be shared: " in result.err and "revision 1 of the offer was accepted" in result.err
    recorded.write_consent({"product": "share"})
    result = recorded.accord("consent", "set", "environment=share", json=False)
    assert result.code == 0, result.err
    assert "environment is shared with Example Devices Ltd from now on, one reading every 100 ms" in result.out
    assert "nothing from before: " in result.out and "system.network.io" in result.out
    assert 'product = "share"\nenvironment = "share"\n' in consent(recorded)


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("enviroment=deny", "unknown source 'enviroment'; expected one of "),
        ("product=yes", "unknown mode 'yes'; expected deny, local or share"),
        ("product=shar", "did you mean 'share'?"),
        ("product", "'product' is no change; expected SOURCE=MODE, for example product=local"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_a_usage_error(recorded, argument, sentence):
    before = consent(recorded)
    result = recorded.accord("consent", "set", argument)
    assert result.code == 2 and sentence in result.err and consent(recorded) == before


def test_a_delivery_in_progress_by_the_lock_alone_is_waited_for_and_named(recorded):
    with open(recorded.var / "upload.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = recorded.accord("consent", "revoke")
    assert result.code == 1 and "an upload is under way and did not end within 5 s" in result.err
    assert CANARY.encode() not in recorded.bytes_of_state("private/history.db*")


@needs_root
def test_only_root_and_the_owner_may_change_the_file(recorded, open_folder):


    prefix = open_folder / "appliance"
    (prefix / "etc/accord").mkdir(parents=True)
    file = prefix / "etc/accord/consent.toml"
    file.write_text('schema = 1\n[sources]\nproduct = "local"\n')
    command = [os.environ["ACCORD"], "consent", "set", "product=deny", "--prefix", str(prefix)]
    done = subprocess.run(command, user=65534, group=65534, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"accord: only root and the file's owner (user 0) can change {file}; run this as one of them\n"
    )
    assert 'product = "local"' in file.read_text()


@pytest.mark.parametrize("seconds", [0.005, 0.02, 0.05, 0.1])
def test_a_command_that_is_killed_leaves_the_old_word_or_closed_gates_and_is_completed_by_the_next(recorded, seconds):
    before = consent(recorded)
    with subprocess.Popen(recorded.command("accord", "consent", "revoke"), stdout=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.kill()
    assert consent(recorded) in (before, before.replace('"share"', '"deny"'))
    if consent(recorded) != before:
        assert recorded.accord("upload").code == 3
    assert recorded.accord("consent", "revoke").code == 0
    assert CANARY.encode() not in recorded.bytes_of_state()
    assert not list(recorded.var.glob("*.rewrite*")) and not list(recorded.etc.glob("*.new"))


def test_who_waits_longer_than_a_second_sees_for_what_on_a_terminal(recorded):
    recorded.write_settings(interval="1s")
    with recorded.daemon() as daemon:
        daemon.ticks(2)
        daemon.process.send_signal(signal.SIGSTOP)
        ours, theirs = pty.openpty()
        with subprocess.Popen(recorded.command("accord", "consent", "revoke"), stdout=theirs, stderr=theirs) as process:
            process.wait(timeout=20)
        daemon.process.send_signal(signal.SIGCONT)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
    assert "\rwaiting for accordd's next tick, at most 3 s" in shown and process.returncode == 1


def test_a_killed_agent_is_no_hindrance(recorded):
    with recorded.daemon() as daemon:
        daemon.ticks(2)
        daemon.kill()
    assert recorded.accord("consent", "revoke").code == 0
    assert CANARY.encode() not in recorded.bytes_of_state()


@needs_root
def test_what_a_command_makes_belongs_to_whom_the_agents_files_belong(recorded):
    for path in (recorded.var, *recorded.var.rglob("*")):
        os.chown(path, 65534, 65534)
    assert recorded.accord("consent", "revoke", "environment").code == 0
    assert {(path.stat().st_uid, path.stat().st_gid) for path in recorded.var.rglob("*")} == {(65534, 65534)}


@pytest.mark.parametrize("content", ["#" * 300_000, "\0", "\ufeffschema = 1\n[sources]\n"], ids=["large", "zero", "mark"])
def test_a_full_revocation_works_whatever_stands_there(recorded, content):
    recorded.write("consent.toml", content)
    assert recorded.accord("consent", "revoke", "product").code == 4
    assert consent(recorded) == content
    assert recorded.accord("consent", "revoke").code == 0
    assert (recorded.etc / "consent.toml.replaced").read_text() == content
    assert CANARY.encode() not in recorded.bytes_of_state()


def test_a_link_in_place_of_the_file_is_not_followed(recorded):
    file = (recorded.etc / "consent.toml").rename(recorded.etc / "ours.toml")
    content = file.read_text()
    (recorded.etc / "consent.toml").symlink_to("ours.toml")
    result = recorded.accord("consent", "set", "environment=deny", json=False)
    assert result.code == 4 and "it is a symbolic link" in result.err and "nothing was changed" in result.err
    assert recorded.accord("consent", "revoke").code == 0
    assert not (recorded.etc / "consent.toml").is_symlink() and file.read_text() == content
    assert (recorded.etc / "consent.toml.replaced").is_symlink()
