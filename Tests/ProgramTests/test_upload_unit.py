"""`accord upload` as its unit runs it: what the journal gets, what a person's errand gets, and secrets that are handed over."""

import json
import shutil

import pytest
from appliance import Appliance
from receiver import Receiver


@pytest.fixture
def waiting(sharing, receiver) -> Appliance:
    """Something of both sources waits to be sent, and the time is trusted already."""
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    return sharing


def said(appliance: Appliance) -> tuple[int, str]:
    """The exit code of a run of the timer's, and what the journal got of it."""
    done = appliance.timer_run()
    return done.code, done.err


def test_the_journal_hears_of_a_failure_once_and_of_its_end_once(waiting, receiver):
    for _ in range(2):
        receiver.answer_next(401)
    code, line = said(waiting)
    assert code == 1 and line.startswith("<4>HTTP 401") and len(line.splitlines()) == 1
    # The schedule pauses, which is no news, and neither is the same failure.
    assert said(waiting) == (0, "")
    assert waiting.accord("upload").code == 1
    waiting.sql("spool", "UPDATE upload_state SET value = 0 WHERE key = 'not_before_ms'")
    receiver.answer_next(401)
    assert said(waiting) == (1, "")
    # A person's run ends the pause. That nothing waits proves nothing: it works when something is delivered.
    assert waiting.accord("upload").code == 0 and waiting.batches() == []
    assert said(waiting) == (0, "")
    waiting.record()
    assert said(waiting) == (0, "<5>uploads work again\n")
    assert said(waiting) == (0, "")


def test_an_appliance_that_shares_nothing_is_silent(appliance, receiver):
    for sources, code in ((None, 4), ({"product": "local"}, 3)):
        if sources:
            appliance.write_consent(sources)
        assert said(appliance) == (code, "")
    assert receiver.connections == 0


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_errand_is_answered_as_a_person_is(waiting, receiver, form):
    # The schedule pauses; a person's errand does not.
    receiver.answer_next(503, headers={"Retry-After": "7200"})
    assert waiting.accord("upload").code == 1
    (waiting.run / "upload.errand").write_text(json.dumps({"number": "7", "json": form == "json"}))
    assert said(waiting) == (0, "")
    outcome = json.loads((waiting.run / "upload.outcome").read_text())
    assert (outcome["errand"], outcome["code"], outcome["message"]) == ("7", 0, "")
    if form == "json":
        (line,) = outcome["lines"]
        assert {sent["source"] for sent in json.loads(line)["sent"]} == {"product", "environment"}
    else:
        assert [line.split(":")[0] for line in outcome["lines"]] == ["product", "environment"]
    assert not (waiting.run / "upload.errand").exists() and waiting.batches() == []


def test_the_errand_is_told_what_went_wrong(waiting, receiver):
    receiver.answer_next(403)
    (waiting.run / "upload.errand").write_text('{"number": "8", "json": false}')
    said(waiting)
    outcome = json.loads((waiting.run / "upload.outcome").read_text())
    assert outcome["code"] == 1 and outcome["message"].startswith("HTTP 403")


@pytest.mark.parametrize("errand", ["", "{", '{"number": 7}', "x" * 2_000_000])
def test_an_errand_that_is_none_is_a_run_of_the_timers(waiting, errand):
    (waiting.run / "upload.errand").write_text(errand)
    assert said(waiting) == (0, "")
    assert not (waiting.run / "upload.outcome").exists() and waiting.batches() == []


@pytest.mark.parametrize("credential", ["copy", "blank", "missing"])
def test_a_secret_that_the_service_manager_hands_over_is_taken(waiting, tmp_path, certificates, monkeypatch, credential):
    """The file is what root reads; the unit gets a copy under the same name. A blank one stands for none."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    files = {"client.pem": certificates.client.certificate, "client.key": certificates.client.key}
    for name, path in files.items():
        shutil.copy(path, waiting.etc / name)
        (waiting.etc / name).chmod(0o640)
    (waiting.etc / "headers").write_text("Authorization: Bearer 7\n")
    (waiting.etc / "headers").chmod(0o640)
    if credential == "copy":
        for name in ("client.key", "headers"):
            shutil.copy(waiting.etc / name, folder / name)
            # The file itself cannot be used: what is sent comes from the copy.
            (waiting.etc / name).write_text("nothing of use")
    elif credential == "blank":
        for name in ("client.key", "headers"):
            (folder / name).write_text("\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    waiting.write_settings(upload={"client_cert": "client.pem", "client_key": "client.key", "headers_file": "headers"})
    server = certificates.server
    with Receiver(tmp_path / "mutual", server.certificate, server.key, client_ca=certificates.ca) as receiver:
        waiting.agree_anew(3, receiver.url, certificates.ca)
        waiting.record()
        result = waiting.accord("upload", json=False)
        assert result.code == 0, result.err
        assert {request["headers"]["authorization"] for request in receiver.requests} == {"Bearer 7"}
