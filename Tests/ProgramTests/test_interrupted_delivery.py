"""Deliveries that are cut short: a lost answer, a killed upload, a narrower agreement, two at once."""

import time

import pytest
from appliance import wait_for

METRICS = "/v1/metrics"


def metric_requests(receiver) -> list[dict]:
    """The requests that held readings: an empty one only asks for the time."""
    return [r for r in receiver.requests if r["path"] == METRICS and r["headers"]["content-length"] != "0"]


def events(receiver) -> list[dict]:
    return [point.attributes for point in receiver.points() if point.kind == "event"]


@pytest.fixture
def waiting(sharing):
    """The product is shared, and one batch of it waits; the time is trusted already."""
    sharing.write_consent({"product": "share"})
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    return sharing


def delivery_ids(appliance) -> list[str]:
    return [row[0] for row in appliance.sql("spool", "SELECT id FROM deliveries ORDER BY number")]


def check_repeat(appliance, receiver, batch: dict, attempted: str) -> None:
    """The last two requests were the same bytes under the same id, and their readings count once."""
    first, second = metric_requests(receiver)[-2:]
    assert first["sha256"] == second["sha256"]
    assert delivery_ids(appliance)[-1] == attempted == events(receiver)[-1]["log.record.uid"]
    assert [event["accord.batches"] for event in events(receiver)].count([batch["id"]]) == 1
    sent = appliance.batches(verb="sent")
    assert [entry["id"] for entry in sent].count(batch["id"]) == 1
    repeated = [p for p in receiver.points() if p.request == second["number"]]
    assert len(repeated) == batch["readings"]


def test_a_lost_acknowledgement_is_repeated_with_the_same_bytes_and_id(waiting, receiver):
    (batch,) = waiting.batches()
    receiver.answer_next(close="after", path=METRICS)
    result = waiting.accord("upload", json=False)
    assert result.code == 1 and "ended before the answer was whole" in result.err
    attempted = delivery_ids(waiting)[-1]
    # What is recorded and delivered meanwhile changes nothing about it.
    waiting.record()
    assert waiting.accord("upload").code == 0
    requests = metric_requests(receiver)
    assert [r["status"] for r in requests[-3:]] == [None, 200, 200]
    assert requests[-3]["sha256"] == requests[-2]["sha256"]
    assert attempted in delivery_ids(waiting) and attempted in [event["log.record.uid"] for event in events(receiver)]
    assert [event["accord.batches"] for event in events(receiver)].count([batch["id"]]) == 1


@pytest.mark.parametrize("end", ["before", "after"])
def test_a_connection_that_the_server_ended_meanwhile_is_replaced_at_once_and_is_no_failure(sharing, receiver, end):
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    begun = len(metric_requests(receiver))
    receiver.answer_next(path=METRICS)
    receiver.answer_next(close=end, path=METRICS)
    connections = receiver.connections
    assert sharing.accord("upload").json[0]["stopped"] is None
    requests = metric_requests(receiver)[begun:]
    assert [r["status"] for r in requests] == [200, None, 200] if end == "after" else [200, 200]
    if end == "after":
        assert requests[1]["sha256"] == requests[2]["sha256"]
    assert receiver.connections == connections + 2 and sharing.batches() == []
    assert sharing.sql("spool", "SELECT max(failures) FROM deliveries") == [(0,)]
    assert len({event["log.record.uid"] for event in events(receiver)}) == len(delivery_ids(sharing)) == 4


def test_a_killed_upload_is_repeated_with_the_same_bytes_and_id(waiting, receiver):
    (batch,) = waiting.batches()
    tried = len(metric_requests(receiver))
    receiver.answer_next(delay=20, path=METRICS)
    with waiting.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        attempted = delivery_ids(waiting)[-1]
        upload.kill()
    assert [entry["id"] for entry in waiting.batches()] == [batch["id"]]
    assert waiting.accord("upload").code == 0
    check_repeat(waiting, receiver, batch, attempted)


def test_an_answer_that_was_committed_but_not_yet_in_the_ledger_is_written_there_by_the_next_run(waiting):
    assert waiting.accord("upload").code == 0
    # What a crash between the two databases leaves.
    waiting.sql("spool", "UPDATE deliveries SET is_recorded = 0 WHERE number = (SELECT max(number) FROM deliveries)")
    waiting.sql("ledger", "DELETE FROM ledger WHERE number = (SELECT max(number) FROM ledger)")
    waiting.sql("spool", "UPDATE upload_state SET value = value - 1 WHERE key = 'ledger_number'")
    waiting.record()
    assert waiting.accord("upload").code == 0
    rows = waiting.sql("ledger", "SELECT json_extract(detail, '$.delivery') FROM ledger WHERE kind = 'upload'")
    assert [row[0] for row in rows] == delivery_ids(waiting)


def test_a_narrower_agreement_closes_the_connection_within_about_a_second(waiting, receiver):
    tried = len(metric_requests(receiver))
    waits = [batch["id"] for batch in waiting.batches()]
    receiver.answer_next(delay=60, path=METRICS)
    with waiting.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        waiting.write_consent({"product": "local"})
        narrowed = time.monotonic()
        out, err = upload.communicate(timeout=30)
        assert time.monotonic() - narrowed < 3
    assert "the agreement changed during the transfer, and the connection was closed" in out + err
    assert upload.returncode == 3
    # Nothing of it counts as sent, and nothing more was told, not even an event.
    assert [batch["id"] for batch in waiting.batches()] == waits
    assert len(events(receiver)) == 1 and len(metric_requests(receiver)) == tried + 1


def test_a_wider_agreement_only_makes_the_transfer_begin_again(waiting, receiver):
    tried = len(metric_requests(receiver))
    receiver.answer_next(delay=60, path=METRICS)
    with waiting.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        waiting.write_consent({"product": "share", "environment": "local"})
        out, err = upload.communicate(timeout=30)
    assert (upload.returncode, err) == (0, "")
    assert waiting.batches() == [] and len(metric_requests(receiver)) == tried + 2


def test_two_uploads_at_once_are_one_and_a_sentence(waiting, receiver):
    tried = len(metric_requests(receiver))
    receiver.answer_next(delay=2, path=METRICS)
    with waiting.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        second = waiting.accord("upload", json=False)
        out, err = upload.communicate(timeout=30)
    assert second.code == 1 and second.err == (
        "accord: another upload is under way, or accordd is removing what is no longer agreed; try again in a moment\n"
    )
    assert upload.returncode == 0 and waiting.batches() == []
    assert len(metric_requests(receiver)) == tried + 1


def test_the_agent_goes_on_sampling_and_sealing_during_a_slow_transfer(waiting, receiver):
    waiting.write_settings(seal="1s")
    tried = len(metric_requests(receiver))
    receiver.answer_next(delay=3, path=METRICS)
    with waiting.daemon() as daemon, waiting.uploading() as upload:
        wait_for(lambda: len(metric_requests(receiver)) > tried, "the request")
        sealed = len(waiting.batches())
        wait_for(lambda: len(waiting.batches()) > sealed, "a batch sealed meanwhile")
        assert daemon.status["recording_problem"] is None and upload.poll() is None
        upload.communicate(timeout=30)
        assert upload.returncode == 0
