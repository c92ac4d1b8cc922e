"""Answers and accidents of delivery: what is kept, what is repeated, what is said, and which exit code."""

import email.utils
import time
from datetime import datetime

import pytest
import received
from appliance import wait_for
from receiver import PROTOBUF, Receiver, rpc_status

METRICS = "/v1/metrics"
KEPT = "; what is not delivered stays and is tried again\n"


def metric_requests(receiver) -> list[dict]:
    """The requests that held readings: an empty one only asks for the time."""
    return [r for r in receiver.requests if r["path"] == METRICS and r["headers"]["content-length"] != "0"]


def pending(appliance) -> list[str]:
    return [batch["id"] for batch in appliance.batches() if batch["state"] == "pending"]


@pytest.fixture
def waiting(sharing, receiver):
    """Both sources shared, one batch of each waits, and the time is trusted already: each request is one of readings."""
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    return sharing


MISTAKES = [
    ("wrong_name", "is for another name"),
    ("expired", "has expired: have it renewed, or check this machine's clock; what is not delivered stays"),
    ("not_yet_valid", "is not valid yet: check this machine's clock; what is not delivered stays"),
]


@pytest.mark.parametrize(("mistake", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_wrong_certificate_ends_the_run_before_any_request(sharing, tmp_path, certificates, mistake, words):
    identity = getattr(certificates, mistake)
    with Receiver(tmp_path / "impostor", identity.certificate, identity.key) as impostor:
        sharing.write_offer(impostor.url, certificates.ca)
        sharing.record()
        waits = pending(sharing)
        result = sharing.accord("upload", json=False)
        assert (result.code, result.out) == (1, "") and words in result.err and result.err.endswith(KEPT)
        assert impostor.requests == [] and impostor.connections >= 1
        assert pending(sharing) == waits and len(waits) == 2


def test_a_receiver_of_another_authority_gets_nothing(sharing, receiver, certificates):
    sharing.write_offer(receiver.url, certificates.other_ca)
    sharing.record()
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and "is not from a trusted authority" in result.err and "check the CA file" in result.err
    assert receiver.requests == [] and len(pending(sharing)) == 2


def test_without_a_server_everything_waits(sharing, receiver):
    sharing.record()
    receiver.stop()
    waits = pending(sharing)
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and "Nothing accepts connections at localhost:" in result.err
    assert pending(sharing) == waits and len(waits) == 2


# The answer, and a part of the sentence that says what to do. All of them keep everything and end the run.
STOPS = [
    ({"status": 503}, "HTTP 503: the receiver is busy or down"),
    ({"status": 429}, "HTTP 429: the receiver is busy or down"),
    ({"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad gateway</h1>"}, "HTTP 502"),
    ({"status": 400, "headers": {"Content-Type": "text/html"}, "body": "<h1>No</h1>"}, "a proxy may stand in between"),
    ({"status": 401}, "HTTP 401: the receiver does not let this appliance in; check the credentials"),
    ({"status": 403}, "HTTP 403: the receiver does not let this appliance in; check the credentials"),
    ({"status": 404}, "HTTP 404: there is no OTLP receiver at this address; check 'endpoint' in the offer"),
    ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, "a redirect, which is not followed"),
    ({"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<h1>Hello</h1>"}, "a login page"),
    ({"status": 418}, "HTTP 418: not an answer of an OTLP receiver"),
    ({"close": "before"}, "ended before the answer was whole"),
]


@pytest.mark.parametrize(("answer", "words"), STOPS, ids=[str(a.get("status", "closed")) + w[-9:] for a, w in STOPS])
def test_an_answer_that_is_no_acceptance_keeps_everything(waiting, receiver, answer, words):
    waits, sent = pending(waiting), len(receiver.requests)
    receiver.answer_next(**answer)
    result = waiting.accord("upload", json=False)
    assert result.code == 1 and words in result.err and result.err.endswith(KEPT)
    # One request, and the run is over: neither the other source nor the event of the run before is tried.
    assert len(receiver.requests) <= sent + 1
    assert pending(waiting) == waits
    assert words in waiting.accord("status").json[0]["last_upload"]["message"]
    assert waiting.accord("upload").code == 0 and pending(waiting) == []


def test_a_server_error_lets_the_other_source_go_on(waiting, receiver):
    receiver.answer_next(500, path=METRICS)
    result = waiting.accord("upload")
    assert result.code == 0 and result.json[0]["notes"] == ["HTTP 500: the receiver failed"]
    assert [sent["source"] for sent in result.json[0]["sent"]] == ["environment"]
    assert [batch["source"] for batch in waiting.batches()] == ["product"]
    assert waiting.accord("upload").code == 0 and waiting.batches() == []


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_pause_that_a_receiver_asks_for_outlives_the_run(waiting, receiver, form):
    at = time.time() + 7200
    receiver.answer_next(
        503, headers={"Retry-After": "7200" if form == "seconds" else email.utils.formatdate(at, usegmt=True)}
    )
    assert waiting.accord("upload").code == 1
    tried = len(receiver.requests)
    result = waiting.accord("upload", "--scheduled", json=False)
    assert result.code == 0 and "the receiver is given time until " in result.out
    until = waiting.accord("status").json[0]["last_upload"]["paused_until"]
    assert until in result.out
    assert abs(datetime.fromisoformat(until).timestamp() - at) < 30
    assert len(receiver.requests) == tried and len(pending(waiting)) == 2
    # A person goes at once, and the acceptance ends the pause.
    assert waiting.accord("upload").code == 0
    assert waiting.accord("status").json[0]["last_upload"]["paused_until"] is None
    assert waiting.accord("upload", "--scheduled").code == 0


def test_a_request_that_is_too_large_goes_in_halves(sharing, receiver):
    sharing.write_consent({"product": "share"})
    for _ in range(5):
        sharing.record(ticks=1)
    sharing.accord("upload")
    for _ in range(4):
        sharing.record(ticks=1)
    waits, before = pending(sharing), len(metric_requests(receiver))
    receiver.answer_next(413, path=METRICS)
    receiver.answer_next(413, path=METRICS)
    assert sharing.accord("upload").code == 0
    assert [r["status"] for r in metric_requests(receiver)[before:]] == [413, 413, 200, 200, 200, 200]
    assert [batch["id"] for batch in sharing.batches(verb="sent")][-4:] == waits
    events = [p.attributes["accord.batches"] for p in receiver.points() if p.kind == "event"]
    assert events[-4:] == [[batch] for batch in waits]


def test_a_single_batch_that_is_too_large_is_set_aside_and_newer_ones_go(waiting, receiver):
    receiver.answer_next(413, path=METRICS)
    result = waiting.accord("upload")
    assert result.code == 0 and "were set aside" in result.json[0]["notes"][0]
    assert [(batch["source"], batch["state"]) for batch in waiting.batches()] == [("product", "refused")]
    assert waiting.accord("status").json[0]["spool"]["refused"] == 1


def test_bad_data_is_set_aside_and_newer_ones_go(waiting, receiver):
    body = rpc_status(3, "unit is not UCUM")
    receiver.answer_next(400, headers={"Content-Type": PROTOBUF}, body=body, path=METRICS)
    result = waiting.accord("upload")
    assert result.code == 0 and "the receiver refused them: unit is not UCUM" in result.json[0]["notes"][0]
    waiting.record()
    assert waiting.accord("upload").code == 0
    assert [(batch["source"], batch["state"]) for batch in waiting.batches()] == [("product", "refused")]
    # It can still be looked at.
    (refused,) = waiting.batches()
    assert len(waiting.accord("outbox", refused["id"]).json) == refused["readings"]


def test_a_partial_success_is_counted_and_never_sent_again(waiting, receiver):
    receiver.answer_next(partial=(2, "too old"), path=METRICS)
    result = waiting.accord("upload")
    assert result.code == 0 and pending(waiting) == []
    assert [(sent["source"], sent["rejected"]) for sent in result.json[0]["sent"]] == [
        ("product", 2),
        ("environment", 0),
    ]
    assert result.json[0]["notes"] == ["the receiver did not keep 2 readings: too old"]
    tried = len(metric_requests(receiver))
    assert waiting.accord("upload").code == 0 and len(metric_requests(receiver)) == tried
    said = waiting.accord("status", json=False).out
    assert "the receiver took what was sent and did not keep 2 of " in said and "they are not sent again" in said


def test_a_refused_event_is_told_again_by_the_next_run(waiting, receiver):
    receiver.answer_next(503, path="/v1/logs")
    result = waiting.accord("upload")
    assert result.code == 0 and "but not the event that lists them" in result.json[0]["notes"][0]
    assert pending(waiting) == []
    assert waiting.accord("upload").code == 0
    requests = [r["number"] for r in receiver.requests if r["path"] == "/v1/logs"][-2:]
    told = [[p.attributes["log.record.uid"] for p in receiver.points() if p.request == number] for number in requests]
    assert told[0] == told[1] and len(told[0]) == 2


def test_batches_of_a_clock_that_nobody_vouches_for_wait_for_the_receivers_date(sharing, receiver):
    sharing.record()
    if sharing.accord("status").json[0]["clock"]["is_synchronised"]:
        pytest.skip("something keeps this machine's clock right")
    assert {batch["is_time_trusted"] for batch in sharing.batches()} == {False}
    receiver.answer_next(headers={"Date": "not a date"})
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and "the receiver's answer has no date" in result.err
    assert [r["headers"]["content-length"] for r in receiver.requests] == ["0"] and len(pending(sharing)) == 2

    # The supplier's clock is two hours ahead: readings are stamped by it.
    ahead = time.time() + 7200
    receiver.answer_next(headers={"Date": email.utils.formatdate(ahead, usegmt=True)})
    result = sharing.accord("upload")
    assert result.code == 0 and "the receiver was asked for the time first" in result.json[0]["notes"][0]
    assert [r["headers"]["content-length"] == "0" for r in receiver.requests] == [True, True, False, False, False]
    assert {batch["is_time_trusted"] for batch in sharing.batches(verb="sent")} == {True}
    for point in receiver.points():
        if point.kind != "event":
            assert abs(point.time / 1e9 - ahead) < 60


def test_an_upload_beside_the_running_agent_delivers_what_is_sealed(sharing, receiver):
    sharing.write_settings(seal="1s")
    with sharing.daemon():
        wait_for(lambda: len(pending(sharing)) >= 2, "sealed batches")
        assert sharing.accord("upload").code == 0
        wait_for(lambda: len(pending(sharing)) >= 2, "newer batches")
        assert sharing.accord("upload").code == 0
    for source in ("product", "environment"):
        sequence = [batch["sequence"] for batch in sharing.batches(source, "sent")]
        assert sequence == list(range(1, len(sequence) + 1)) and len(sequence) >= 2
    counts = {}
    for point in receiver.points():
        counts[point.series, point.time] = counts.get((point.series, point.time), 0) + (point.kind != "event")
    assert max(counts.values()) == 1
    assert received.records(receiver.directory) == receiver.requests
