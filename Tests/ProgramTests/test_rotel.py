"""A day of readings, delivered to somebody else's collector behind somebody else's TLS server, which asks for a client
certificate, means there what was meant here.

The day passes in seconds and is real all the same: the built accordd takes its 8,641 ticks and seals its batches of a
quarter of an hour, but goes by a clock that the test turns, so that every tick finds the kernel's files as the test
wants them. What each reading has to be is written by hand below, as functions of the tick.
"""

import shutil
from collections import defaultdict
from pathlib import Path

import debug_text
import pytest
from agreement_files import OFFER
from appliance import Appliance
from certificates import Identity
from kernel import KERNEL_FILES
from servers import Nginx, rotel
from test_sample_path import EXPECTED
from turned_clock import TurnedClock

TICK_SECONDS = 10
TICKS = 24 * 3600 // TICK_SECONDS
BATCHES = 96
# As in the example offer: a sum sends the last of six ticks, a gauge their mean; the time since boot, also a gauge,
# sends the last of ninety.
ENVIRONMENT = OFFER["environment"] | {"resolution": "60s", "extremes": ["system.cpu.load_average.1m"]}
PRODUCT = OFFER["product"] | {"resolution": "15min"}
MINUTES = range(TICKS // 6)
QUARTERS = range(TICKS // 90)


def turn(kernel, tick: int) -> None:
    """What changes with every tick; the rest of the kernel's files says the same all day."""
    kernel.write("proc/uptime", f"{1000 + 10 * tick}.50 900.14\n")
    kernel.write("proc/loadavg", f"{tick % 60 / 100:.2f} 0.22 0.13 2/345 6789\n")
    stat = KERNEL_FILES["proc/stat"].replace("1011", str(1011 + 7 * tick))
    kernel.write("proc/stat", stat.replace("processes 4523", f"processes {4523 + 3 * tick}"))
    kernel.write_interfaces(eth0=(8002001 + 1000 * tick, 8101, 1, 2, 9003001, 9102, 4, 5))


# Counters count from the first reading that leaves, the one of tick 5.
CHANGING = {
    ("system.uptime", ()): [1000.5 + 10 * (90 * quarter + 89) for quarter in QUARTERS],
    ("system.process.created", ()): [3 * 6 * minute for minute in MINUTES],
    ("system.cpu.time", (("cpu.mode", "user"),)): [7 * 6 * minute / 100 for minute in MINUTES],
    ("system.network.io", (("network.interface.name", "eth0"), ("network.io.direction", "receive"))): [
        1000 * 6 * minute for minute in MINUTES
    ],
    # Hundredths; the mean of six that follow each other lies half-way between two, and is rounded up.
    ("system.cpu.load_average.1m", ()): [(6 * minute % 60 + 3) / 100 for minute in MINUTES],
    ("system.cpu.load_average.1m.min", ()): [6 * minute % 60 / 100 for minute in MINUTES],
    ("system.cpu.load_average.1m.max", ()): [(6 * minute % 60 + 5) / 100 for minute in MINUTES],
}

_load = next(row for row in EXPECTED if row[0] == "system.cpu.load_average.1m")
SIGNALS = EXPECTED + [(f"{_load[0]}.{extreme}", *_load[1:]) for extreme in ("min", "max")]


def identify(appliance: Appliance, identity: Identity) -> None:
    """Gives the appliance a certificate to show to the receiver."""
    for file, name, mode in ((identity.certificate, "client.pem", 0o644), (identity.key, "client.key", 0o600)):
        Path(shutil.copy(file, appliance.etc / name)).chmod(mode)
    upload = {"client_cert": "client.pem", "client_key": "client.key"}
    appliance.write_settings(interval=f"{TICK_SECONDS}s", seal="15min", upload=upload)


@pytest.fixture(scope="module")
def day(tmp_path_factory, certificates):
    """One day and its upload, looked at by all tests of this file."""
    folder = tmp_path_factory.mktemp("day")
    appliance = Appliance(folder)
    log = folder / "rotel.log"
    with rotel(log) as port, Nginx(folder / "nginx", certificates, port).running() as nginx:
        appliance.write_settings(interval=f"{TICK_SECONDS}s", seal="15min")
        appliance.write_offer(nginx.url, certificates.ca, product=PRODUCT, environment=ENVIRONMENT)
        appliance.write_consent({"product": "share", "environment": "share"})
        turn(appliance.kernel, 0)
        with pytest.MonkeyPatch.context() as environment:
            clock = TurnedClock(folder / "clock", environment)
            appliance.begun = clock.wall_milliseconds
            with appliance.daemon():
                for tick in range(1, TICKS + 1):
                    clock.wait()
                    turn(appliance.kernel, tick)
                    clock.advance(TICK_SECONDS)
                clock.wait()
            appliance.waited = appliance.batches()
            appliance.refusals = [appliance.accord("upload", json=False)]
            identify(appliance, certificates.other_client)
            appliance.refusals.append(appliance.accord("upload", json=False))
            appliance.kept = appliance.batches()
            identify(appliance, certificates.client)
            appliance.upload = appliance.accord("upload")
        assert appliance.upload.code == 0, appliance.upload.err
    appliance.passed = nginx.passed()
    appliance.points = list(debug_text.points(log.read_text()))
    return appliance


@pytest.fixture(scope="module")
def series(day):
    """The points of each series, by signal and attributes."""
    series = defaultdict(list)
    for point in day.points:
        if point.kind != "event":
            series[point.signal, tuple(sorted(point.attributes.items()))].append(point)
    return series


def test_every_series_of_the_day_arrives_and_no_other(series):
    expected = {(row[0], tuple(sorted(attributes.items()))) for row in SIGNALS for attributes, *_ in row[-1]}
    assert series.keys() == expected and CHANGING.keys() < expected


@pytest.mark.parametrize("row", SIGNALS, ids=[row[0] for row in SIGNALS])
def test_a_signal_means_the_same_to_the_collector(day, series, row):
    signal, unit, kind, source, rows = row
    times = QUARTERS if source == "product" else MINUTES
    seconds = 86_400 // len(times)
    # An interval is stamped with its last tick.
    stamps = [(day.begun + 1000 * (seconds * (number + 1) - TICK_SECONDS)) * 1_000_000 for number in times]
    start = stamps[0] if kind == ("sum", True, 2) else 0
    for attributes, first, _ in rows:
        key = (signal, tuple(sorted(attributes.items())))
        points = series[key]
        assert {(p.unit, (p.kind, p.is_monotonic, p.temporality), p.source) for p in points} == {(unit, kind, source)}
        assert [point.time for point in points] == stamps
        assert {point.start for point in points} == {start}
        expected = CHANGING.get(key) or [first] * len(times)
        assert [point.value for point in points] == pytest.approx(expected, abs=1e-9)


def test_the_collector_got_as_many_readings_as_the_spool_says_were_sent(day, series):
    counted = defaultdict(int)
    for points in series.values():
        counted[points[0].source] += len(points)
    sent = {sent["source"]: sent for sent in day.upload.json[0]["sent"]}
    assert {source: report["readings"] for source, report in sent.items()} == counted
    for source, readings in counted.items():
        batches = day.batches(source, "sent")
        assert len(batches) == sent[source]["batches"] == BATCHES
        assert sum(batch["readings"] for batch in batches) == readings
    assert day.batches() == []
    assert counted == {"product": 96, "environment": 1440 * (len(series) - 1)}


def test_the_resource_says_whose_appliance_it_is(day):
    pseudonym = (day.var / "identity").read_text().strip()
    envelope = {"service.name": "accord", "service.instance.id": pseudonym}
    facts = {
        "os.type": "linux",
        "os.name": "Debian GNU/Linux",
        "os.version": "12",
        "os.description": "Debian GNU/Linux 12 (bookworm)",
        "os.build_id": "2026-11-01",
    }
    resources = {"product": envelope | facts, "environment": envelope, None: envelope}
    assert {point.source for point in day.points} == resources.keys()
    assert all(point.resource == resources[point.source] for point in day.points)


def test_the_delivery_events_list_every_batch_of_the_day_once(day):
    events = [point for point in day.points if point.kind == "event"]
    assert {event.signal for event in events} == {"accord.delivery"}
    assert len({event.attributes["log.record.uid"] for event in events}) == len(events)
    for source in ("product", "environment"):
        told = [event.attributes for event in events if event.attributes["accord.source"] == source]
        sent = day.batches(source, "sent")
        assert [batch for event in told for batch in event["accord.batches"]] == [batch["id"] for batch in sent]
        assert [event["accord.sequence.first"] for event in told] == [
            1, *(event["accord.sequence.last"] + 1 for event in told[:-1])
        ]
        assert told[-1]["accord.sequence.last"] == BATCHES
        assert sum(event["accord.readings"] for event in told) == sum(batch["readings"] for batch in sent)


def test_the_day_goes_over_one_connection_that_the_client_certificate_opens(day):
    refused, passed = day.passed[:2], day.passed[2:]
    assert {(request.status, request.verdict, request.protocol) for request in passed} == {(200, "SUCCESS", "TLSv1.3")}
    assert len({request.connection for request in passed}) == 1
    assert [request.path for request in passed if request.path != "/v1/metrics"] == ["/v1/logs"]
    assert [(request.status, request.verdict[:6]) for request in refused] == [(400, "NONE"), (400, "FAILED")]


def test_without_the_right_client_certificate_the_day_stays_and_it_is_said_why(day):
    # nginx says it in a page of HTML: for a person, and not for an OTLP client.
    for refusal in day.refusals:
        assert (refusal.code, refusal.out) == (1, "") and len(refusal.err.splitlines()) == 1
        assert "HTTP 400" in refusal.err and "a client certificate is wanted" in refusal.err
        assert refusal.err.endswith("what is not delivered stays and is tried again\n")
    assert len(day.waited) == 2 * BATCHES and day.kept == day.waited
