"""What the customer allows of the line: a daily quota, a window for the timer's runs, a rate."""

import time
from datetime import datetime, timedelta, timezone

import pytest

DAY_SECONDS = 86_400


def spend(appliance, kibibytes: int) -> None:
    """As if so much had been sent today."""
    for key, value in (("quota_day", int(time.time()) // DAY_SECONDS), ("quota_bytes", kibibytes * 1024)):
        appliance.sql("spool", "INSERT OR REPLACE INTO upload_state VALUES (?, ?)", key, value)


def test_what_is_sent_is_counted_and_a_quota_that_is_used_up_holds_a_person_too(sharing, receiver):
    sharing.write_settings(upload={"daily_quota": "64 KiB"})
    sharing.record()
    assert sharing.accord("upload").code == 0
    status = sharing.accord("status").json[0]
    sent = sum(int(request["headers"]["content-length"]) for request in receiver.requests)
    assert sent < status["sent_today_bytes"] < sent + 400 * len(receiver.requests)
    assert status["daily_quota_bytes"] == 64 * 1024
    sharing.record()
    spend(sharing, 64)
    tried, connections = len(receiver.requests), receiver.connections
    midnight = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")
    for flags in ([], ["--scheduled"]):
        result = sharing.accord("upload", *flags, json=False)
        assert (result.code, result.err) == (0, "")
        assert result.out == f"the daily quota of accord.toml is used up until {midnight}; what waits is sent then\n"
    assert sharing.accord("upload").json[0]["waits_for"] == "quota"
    assert (len(receiver.requests), receiver.connections) == (tried, connections) and len(sharing.batches()) == 2
    assert "64.0 KiB of 64.0 KiB sent today (UTC)" in sharing.accord("status", json=False).out
    # Yesterday's is no longer counted.
    sharing.sql("spool", "UPDATE upload_state SET value = value - 1 WHERE key = 'quota_day'")
    assert sharing.accord("upload").code == 0 and sharing.batches() == []


@pytest.mark.parametrize("zone", ["UTC", "XYZ-05:30"], ids=["UTC", "5:30 east"])
def test_the_timer_keeps_to_the_window_and_a_person_does_not(sharing, receiver, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    local = datetime.now(timezone.utc) + (timedelta(hours=5, minutes=30) if zone != "UTC" else timedelta())

    def window(begins: timedelta, ends: timedelta) -> str:
        return f"{local + begins:%H:%M}-{local + ends:%H:%M}"

    closed = window(timedelta(hours=1), timedelta(hours=2))
    sharing.write_settings(upload={"window": closed})
    sharing.record()
    result = sharing.accord("upload", "--scheduled", json=False)
    assert (result.code, result.err) == (0, "") and receiver.connections == 0
    opens = datetime.now(timezone.utc) + timedelta(hours=1)
    said = [f"the window opens at {opens - timedelta(minutes=late):%Y-%m-%dT%H:%M:00Z}" for late in (0, 1)]
    assert result.out.startswith(tuple(said)) and result.out.endswith("; what waits is sent then\n")
    assert sharing.accord("upload").code == 0 and sharing.batches() == []
    sharing.record()
    sharing.write_settings(upload={"window": window(-timedelta(hours=1), timedelta(hours=1))})
    assert sharing.accord("upload", "--scheduled").code == 0 and sharing.batches() == []


def test_readings_leave_no_faster_than_the_rate(sharing, receiver):
    sharing.write_settings(upload={"rate": "1 KiB/s"})
    for _ in range(2):
        sharing.record(ticks=4)
    begun = time.monotonic()
    assert sharing.accord("upload").code == 0
    taken = time.monotonic() - begun
    bodies = [int(request["headers"]["content-length"]) for request in receiver.requests]
    # A second's worth may leave at once, for each request.
    least = sum(max(0, body - 1024) for body in bodies) / 1024
    assert least > 0.3 and least <= taken < 60
