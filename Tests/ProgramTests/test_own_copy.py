"""The customer's own copy: every reading that was shared, in a plain open form, and exactly as the receiver got it."""

from datetime import datetime, timezone

import pytest
from agreement_files import OFFER


def nanoseconds(time: str | None) -> int:
    if time is None:
        return 0
    assert time.endswith("Z")
    moment = datetime.fromisoformat(time)
    return int(moment.replace(microsecond=0).timestamp()) * 10**9 + moment.microsecond * 1000


def as_received(row: dict) -> tuple:
    attributes = tuple(sorted(row["attributes"].items()))
    return (row["source"], row["signal"], row["unit"], attributes, nanoseconds(row["start"]), nanoseconds(row["time"]), row["value"])


def received(receiver) -> list[tuple]:
    """Every point that the receiver decoded; times to the millisecond."""
    return sorted(
        (point.source, point.signal, point.unit, tuple(sorted(point.attributes.items())))
        + (point.start // 10**6 * 10**6, point.time // 10**6 * 10**6, point.value)
        for point in receiver.points()
        if point.kind != "event"
    )


@pytest.fixture
def delivered(sharing, receiver, certificates):
    """Two uploads of two runs, with counters, extremes and facts in them."""
    extremes = OFFER["environment"] | {"extremes": ["system.cpu.load_average.1m"]}
    sharing.write_offer(receiver.url, certificates.ca, environment=extremes)
    for run in range(2):
        sharing.kernel.write_interfaces(eth7=tuple(1000 * run + number for number in range(8)))
        sharing.record(ticks=5)
        assert sharing.accord("upload").code == 0
    return sharing


def test_every_reading_that_the_receiver_got_is_in_the_customers_copy_and_no_other(delivered, receiver):
    rows = delivered.accord("sent", "--readings").json
    readings = [row for row in rows if row["kind"] != "fact"]
    assert sorted(map(as_received, readings)) == received(receiver) and len(readings) > 300
    assert any(row["kind"] == "counter" and row["start"] and row["value"] for row in readings)
    assert {row["is_verified"] for row in rows} == {True} and {row["state"] for row in rows} == {"sent"}
    facts = {row["signal"]: row["value"] for row in rows if row["kind"] == "fact"}
    resource = next(point.resource for point in receiver.points() if point.source == "product")
    assert facts.items() <= resource.items() and "os.version" in facts
    batches = {batch["id"]: batch for batch in delivered.batches(verb="sent")}
    assert {row["batch"] for row in rows} == batches.keys()
    events = [point for point in receiver.points() if point.kind == "event"]
    assert {row["delivery"] for row in rows} <= {str(value) for event in events for value in event.attributes.values()}


def test_what_waits_is_shown_as_it_would_leave(sharing, receiver):
    sharing.record(ticks=5)
    shared = {"product": "share", "environment": "share"}
    sharing.write_consent(shared, withhold={"signals": ["system.memory.*"]})
    waits = [row for row in sharing.accord("outbox", "--readings").json if row["kind"] != "fact"]
    assert "is_verified" not in waits[0] and {row["state"] for row in waits} == {"pending"}
    assert sharing.accord("upload").code == 0
    # Up to the times: those are put right when they leave, by the receiver's clock.
    assert [row[:4] + row[6:] for row in sorted(map(as_received, waits))] == [row[:4] + row[6:] for row in received(receiver)]
    # What was recorded and did not leave is still in the batch, so the copy says that it is not just what left.
    sharing.write_consent(shared)
    assert {row["is_verified"] for row in sharing.accord("sent", "--readings").json if row["source"] == "environment"} == {False}


def test_what_the_offer_dropped_before_it_left_is_not_in_the_copy(sharing, receiver, certificates):
    sharing.record(ticks=5)
    signals = [signal.replace("system.*", "system.cpu.*") for signal in OFFER["environment"]["signals"]]
    sharing.write_offer(receiver.url, certificates.ca, environment=OFFER["environment"] | {"signals": signals})
    assert sharing.accord("upload").code == 0
    rows = sharing.accord("sent", "--readings").json
    readings = [row for row in rows if row["kind"] != "fact"]
    assert sorted(map(as_received, readings)) == received(receiver)
    assert {row["is_verified"] for row in rows} == {True}
    assert not any(row["signal"].startswith("system.memory") for row in rows)


def test_people_read_it_as_a_table(delivered):
    text = delivered.accord("sent", "--readings", json=False).out
    line = next(line for line in text.splitlines() if "system.uptime" in line)
    batch, signal, time, value, unit = line.split()
    assert (signal, unit) == ("system.uptime", "s") and float(value) > 0
    assert datetime.fromisoformat(time).tzinfo == timezone.utc and batch.partition("-")[2].isdigit()


@pytest.mark.parametrize("arguments", [["00000000-1"], ["00000000-1", "--otlp"]])
def test_it_is_all_or_one_batch(delivered, arguments):
    assert delivered.accord("sent", "--readings", *arguments).code == 2


# The mandatory fields of ISO/IEC TS 27560:2023, section by section.
HEADER = {"schema_version", "record_id", "pii_principal_id"}
PROCESSING = {"privacy_notice", "language", "purpose", "pii_information", "pii_controllers", "storage_locations"}
PROCESSING |= {"retention_period", "jurisdiction", "recipient_third_parties", "withdrawal_method", "lawful_basis"}
PARTY = {"party_id", "party_address", "party_name", "party_contact", "party_type"}
EVENT = {"event_time", "validity_duration", "entity_id", "event_type", "event_state"}


def record(appliance) -> dict:
    return appliance.accord("consent", "show").json[0]["record"]


def test_the_consent_record_has_every_mandatory_field_or_the_reason_why_not(delivered):
    written = record(delivered)
    sections = [(HEADER, [written]), (PROCESSING, written["pii_processing"])]
    sections += [(PARTY, written["party_identification"]), (EVENT, written["event"])]
    for fields, entries in sections:
        assert entries, fields
        for entry in entries:
            assert fields <= entry.keys()
            assert {field for field in fields if entry[field] is None} <= written["reasons"].keys()
    assert written["dpv:hasConsentStatus"] == "dpv:ConsentGiven"
    process, _ = written["pii_processing"]
    assert process["purpose"] == OFFER["product"]["purpose"] and process["retention_period"] == f"PT{400 * 86_400}S"
    assert {"pii_type": "system.uptime"} in process["pii_information"]
    assert written["pii_principal_id"] == delivered.accord("status").json[0]["pseudonym"]
    assert [event["event_state"] for event in written["event"]] == ["dpv:ConsentGiven"] * 2


def test_the_consent_record_tells_what_became_of_the_consent(sharing):
    assert record(sharing)["pii_principal_id"] is None and "pii_principal_id" in record(sharing)["reasons"]
    sharing.record()
    sharing.write_consent({"product": "deny"})
    sharing.record()
    written = record(sharing)
    assert written["dpv:hasConsentStatus"] == "dpv:ConsentWithdrawn" and written["pii_processing"] == []
    states = [(event["service"], event["event_state"].removeprefix("dpv:Consent")) for event in written["event"]]
    assert sorted(states) == [(source, state) for source in ("environment", "product") for state in ("Given", "Withdrawn")]
    sharing.write_consent({"product": "share"}, until=datetime(2020, 1, 1).date())
    assert record(sharing)["dpv:hasConsentStatus"] == "dpv:ConsentExpired"
    (sharing.etc / "consent.toml").unlink()
    assert record(sharing)["dpv:hasConsentStatus"] == "dpv:ConsentRequested"
