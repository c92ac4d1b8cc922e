"""The commands as people and scripts meet them: help, stable keys, exit codes, and who may read."""

import os
import re
import shlex
import subprocess
from datetime import datetime

import pytest
import received
from appliance import Appliance, needs_root, program, run, wait_for

VERBS = [
    ["status"],
    ["catalog"],
    ["preview"],
    ["consent"],
    ["consent", "show"],
    ["consent", "check"],
    ["consent", "plan"],
    ["consent", "accept"],
    ["consent", "set"],
    ["consent", "revoke"],
    ["outbox"],
    ["sent"],
    ["upload"],
    ["ledger"],
    ["ledger", "verify"],
]
READING_VERBS = [["status"], ["preview"], ["consent", "show"], ["consent", "check"], ["outbox"], ["sent"], ["ledger"]]

BATCH_KEYS = {"id", "source", "first", "last", "readings", "bytes", "state", "agreement"}
READING_KEYS = {"signal", "attributes", "time", "value", "unit"}
PREVIEW_KEYS = {"signal", "source", "unit", "kind", "attributes", "value", "decision", "rule"}
STATUS_KEYS = {"agreement", "spool", "history", "last_tick", "last_upload", "gaps", "ledger"}


def help_of(name: str, *verb: str) -> str:
    result = run([program(name), *verb, "--help"])
    assert (result.code, result.err) == (0, "")
    return result.out


@pytest.mark.parametrize("verb", [[], *VERBS], ids=lambda verb: " ".join(verb) or "accord")
def test_every_verb_has_an_example_and_every_flag_a_line(verb):
    text = help_of("accord", *verb)
    assert re.search(r"^Example: accord \w+", text, re.MULTILINE)
    options = text[text.index("OPTIONS:") :].split("\n\n")[0].splitlines()[1:]
    flags = [line for line in options if line.lstrip().startswith("-")]
    assert flags
    for line in flags:
        described = re.match(r"  \S.*?\s{2,}\S", line) or options[options.index(line) + 1].startswith(" " * 20)
        assert described, f"no help for {line}"


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in (["sent"], ["catalog"])], ids=" ".join)
def test_the_examples_work(sharing, verb):
    (example,) = re.findall(r"^Example: accord (.+)$", help_of("accord", *verb), re.MULTILINE)
    sharing.record()
    arguments = shlex.split(example)
    assert arguments[: len(verb)] == verb
    result = sharing.accord(*arguments, json=False)
    assert (result.code, result.err) == (0, "") and result.out


def test_the_agent_explains_its_flags_too():
    text = help_of("accordd")
    for flag in ("--prefix", "--kernel-root", "--version", "--help"):
        assert re.search(rf"^  {flag}.*  \S", text, re.MULTILINE)
    assert "Example: accordd " in text
    versions = [run([program(name), "--version"]).out for name in ("accord", "accordd")]
    assert [version.split()[0] for version in versions] == ["accord", "accordd"]
    assert versions[0].split()[1] == versions[1].split()[1]


@pytest.mark.parametrize("verb", READING_VERBS, ids=" ".join)
def test_every_reading_command_works_before_there_is_anything(bare_appliance, verb):
    result = bare_appliance.accord(*verb)
    assert result.code == (4 if verb[0] == "consent" else 0)
    assert all(isinstance(entry, dict) for entry in result.json)
    text = bare_appliance.accord(*verb, json=False)
    assert text.out or verb == ["consent", "check"]
    assert "\x1b" not in text.out, "colour where nobody looks"


@pytest.mark.parametrize(
    "verb",
    [
        *[["--help"], ["status"], ["status", "--json"], ["status", "--watch=1"], ["preview"], ["catalog"], ["sent"]],
        *[["catalog", "--json"], ["consent", "show"], ["ledger"], ["outbox"], ["dump", "--plan"]],
        *[["sent", "--readings"], ["report", "--output", "-"]],
    ],
    ids=" ".join,
)
def test_a_result_that_cannot_be_written_is_a_failure(sharing, receiver, verb):
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    command = sharing.command("accord", *verb) if verb[0] not in ("--help", "catalog") else [program("accord"), *verb]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "accord: cannot write the result: No space left on device"


def test_a_reader_that_has_seen_enough_is_no_failure(bare_appliance):
    with subprocess.Popen([program("accord"), "catalog"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(timeout=10) == 0


def test_a_failure_of_the_command_keeps_its_exit_code_where_nothing_can_be_written(bare_appliance):
    with open("/dev/full", "wb") as full:
        command = bare_appliance.command("accord", "consent", "check", "--json")
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 4 and "cannot write the result: No space left on device" in done.stderr


def test_preview_works_before_any_consent_and_stores_nothing(bare_appliance):
    before = sorted(bare_appliance.prefix.rglob("*"))
    lines = bare_appliance.accord("preview").json
    assert {line["decision"] for line in lines} == {"deny"} and len(lines) > 30
    assert {line["rule"] for line in lines} == {f"{bare_appliance.etc}/consent.toml"}
    assert sorted(bare_appliance.prefix.rglob("*")) == before
    only = bare_appliance.accord("preview", "--signal", "system.memory.*").json
    assert {line["signal"].rsplit(".", 1)[0] for line in only} <= {
        "system.memory",
        "system.memory.linux",
        "system.memory.linux.slab",
    }


def test_the_keys_are_stable(sharing):
    sharing.record()
    sharing.accord("upload")
    sharing.record()
    (status,) = sharing.accord("status").json
    assert STATUS_KEYS <= status.keys()
    assert {"state", "fingerprint", "sources"} <= status["agreement"].keys()
    assert {"pending", "sent", "bytes", "oldest"} <= status["spool"].keys()
    assert (status["spool"]["pending"], status["spool"]["sent"]) == (2, 2)
    for verb in ("outbox", "sent"):
        for batch in sharing.batches(verb=verb):
            assert BATCH_KEYS <= batch.keys()
            first, last = (datetime.fromisoformat(batch[key]) for key in ("first", "last"))
            assert first <= last and first.tzinfo
            for reading in sharing.accord(verb, batch["id"]).json:
                assert READING_KEYS <= reading.keys()
    for line in sharing.accord("preview").json:
        assert PREVIEW_KEYS <= line.keys() and re.search(r"(consent|offer)\.toml:\d+$", line["rule"])
    (shown,) = sharing.accord("consent", "show").json
    assert shown["sources"]["environment"]["resolution_s"] == 0.1
    assert shown["endpoint"].startswith("https://localhost:")


def test_what_the_outbox_shows_is_what_the_receiver_gets(sharing, receiver):
    sharing.record()
    shown = {}
    for reading in sharing.readings():
        key = (reading["signal"], repr(sorted(reading["attributes"].items())))
        shown.setdefault(key, []).append(reading["value"])
    before = sharing.readings()
    assert sharing.accord("upload").code == 0
    assert [entry | {"time": None} for entry in sharing.readings("sent")] == [
        entry | {"time": None} for entry in before
    ]
    got = {}
    for point in receiver.points():
        if point.kind != "event":
            key = (point.signal, repr(sorted(point.attributes.items())))
            # A counter leaves without its past; here it stands still, so what is left is nothing.
            got.setdefault(key, []).append(point.value if not point.is_monotonic else None)
    assert got.keys() == shown.keys()
    for key, values in got.items():
        assert len(values) == len(shown[key])
        assert values == shown[key] or set(values) == {None}


def test_the_otlp_form_is_the_body_that_leaves(sharing, receiver):
    sharing.record()
    # So that the time is trusted, and the batch goes alone.
    sharing.accord("upload")
    sharing.record()
    (batch,) = sharing.batches("environment")
    command = sharing.command("accord", "outbox", batch["id"], "--otlp")
    body = subprocess.run(command, capture_output=True, check=True).stdout
    message = received.decode("/v1/metrics", None, body)
    metrics = [
        metric for resource in message.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics
    ]
    assert sum(len(metric.sum.data_points) + len(metric.gauge.data_points) for metric in metrics) == batch["readings"]
    assert sharing.accord("upload").code == 0
    sent = [
        received.gunzip(r.body) for r in received.requests(receiver.directory) if r.path == "/v1/metrics" and r.body
    ]
    assert body in sent


@pytest.mark.parametrize("is_running", [True, False], ids=["while the agent runs", "while it is stopped"])
@needs_root
def test_a_member_of_the_group_may_read_and_nobody_else(open_folder, certificates, receiver, is_running):
    group, agent, member, stranger = 54320, 54321, 54322, 54323

    def user(number: int, group: int) -> list[str]:
        return ["setpriv", f"--reuid={number}", f"--regid={group}", "--clear-groups"]

    appliance = Appliance(open_folder)
    for folder in (appliance.prefix, *appliance.prefix.rglob("*")):
        folder.chmod(0o755)
    appliance.write_settings(seal="1s")
    appliance.write_offer(receiver.url, certificates.ca)
    appliance.write_consent({"product": "share", "environment": "share"})
    for folder in (appliance.var, appliance.run):
        os.chown(folder, agent, group)
    appliance.var.chmod(0o750)

    with appliance.daemon(before=tuple(user(agent, group))) as daemon:
        wait_for(lambda: len(appliance.batches()) >= 2, "sealed batches")
        if not is_running:
            daemon.stop()
        for verb in READING_VERBS:
            result = run([*user(member, group), *appliance.command("accord", *verb), "--json"])
            assert (result.code, result.err) == (0, ""), verb
        assert len(run([*user(member, group), *appliance.command("accord", "outbox", "--json")]).json) >= 2
        refused = run([*user(stranger, stranger), *appliance.command("accord", "outbox")])
        assert (refused.code, refused.out) == (1, "") and len(refused.err.splitlines()) == 1
        # Half a status would be a wrong one.
        blind = run([*user(stranger, stranger), *appliance.command("accord", "status")])
        assert (blind.code, blind.out) == (1, "") and "Permission denied; run this as root or as" in blind.err
        upload = run([*user(member, group), *appliance.command("accord", "upload")])
        assert upload.code == 1 and len(upload.err.splitlines()) == 1 and receiver.connections == 0
    modes = {file.name: file.stat().st_mode & 0o777 for file in appliance.var.rglob("*") if file.is_file()}
    assert set(modes.values()) == {0o640}, modes
    assert (appliance.var / "accepted").stat().st_mode & 0o777 == 0o750


def test_status_fits_a_screen_and_names_the_lines_that_decide(sharing):
    sharing.record()
    text = sharing.accord("status", json=False).out
    assert len(text.splitlines()) <= 24
    lines = {line.split()[0]: line for line in text.splitlines()}
    for source, place in (("product", "consent.toml:8"), ("environment", "consent.toml:9")):
        assert lines[source].split()[1:3] == ["share", place]
    assert "not running; stopped at " in lines["accordd"] and "2 pending" in lines["spool"]


def test_status_tells_a_killed_agent_from_a_stopped_one_and_says_what_stays_without_a_consent(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        daemon.kill()
    assert "it did not stop cleanly" in sharing.accord("status", json=False).out
    sharing.record()
    (sharing.etc / "consent.toml").unlink()
    text = sharing.accord("status", json=False).out
    assert "not running; stopped at " in text
    assert 'none: nothing is sampled or sent; what was kept stays, until a consent says "deny"' in text


def test_status_gives_the_reason_of_a_first_failed_upload_and_of_held_sharing(sharing, receiver):
    sharing.record()
    (sharing.etc / "supplier-ca.pem").unlink()
    assert sharing.accord("upload").code == 1
    text = sharing.accord("status", json=False).out
    assert "failed, and will be tried again: " in text and "there is no such file" in text
    # No timer does it here, so it is not the timer that waits.
    assert "; scheduled runs wait until " in text and "no timer does it here" in text
    sharing.write_consent({"product": "share"}, accepts=9)
    assert "sharing is held: nothing is sent until this is mended" in sharing.accord("status", json=False).out
