"""The way of one sample: what the kernel's files said arrives at the receiver, compared field by field.

The table below is written by hand from semantic conventions 1.44 and the kernel's documentation, not from the
product: two states of the kernel, and what each series has to say about them.
"""

import time

import pytest
import received
from kernel import KERNEL_FILES, net_dev

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
CUMULATIVE = 2
KIB = 1024

LATER = {
    "proc/stat": KERNEL_FILES["proc/stat"]
    .replace("1011 12 513 90014 115 16 17 18 0 0", "1111 19 530 90045 126 18 20 23 0 0")
    .replace("processes 4523", "processes 4570"),
    "proc/meminfo": KERNEL_FILES["proc/meminfo"]
    .replace("512002", "412002")
    .replace("1024003", "1000003")
    .replace("16009", "16011"),
    "proc/loadavg": "1.31 0.42 0.14 3/346 6790\n",
    "proc/uptime": "9234.57 901.14\n",
    "proc/net/dev": net_dev(
        {"lo": (7003, 72, 0, 0, 7003, 72, 0, 0), "eth0": (8002132, 8109, 6, 9, 9003401, 9113, 17, 21)}
    ),
}

COUNTER = ("sum", True, CUMULATIVE)
LEVEL = ("sum", False, CUMULATIVE)
GAUGE = ("gauge", None, None)

# signal, unit, kind, source; then for each series its attributes and the values of both states.
EXPECTED = [
    ("system.uptime", "s", GAUGE, "product", [({}, 1234.56, 9234.57)]),
    (
        "system.cpu.time",
        "s",
        COUNTER,
        "environment",
        [
            ({"cpu.mode": "user"}, 0, 1.00),
            ({"cpu.mode": "nice"}, 0, 0.07),
            ({"cpu.mode": "system"}, 0, 0.17),
            ({"cpu.mode": "idle"}, 0, 0.31),
            ({"cpu.mode": "iowait"}, 0, 0.11),
            ({"cpu.mode": "interrupt"}, 0, 0.05),
            ({"cpu.mode": "steal"}, 0, 0.05),
        ],
    ),
    ("system.cpu.logical.count", "{cpu}", LEVEL, "environment", [({}, 1, 1)]),
    ("system.process.created", "{process}", COUNTER, "environment", [({}, 0, 47)]),
    ("system.cpu.load_average.1m", "1", GAUGE, "environment", [({}, 0.31, 1.31)]),
    ("system.cpu.load_average.5m", "1", GAUGE, "environment", [({}, 0.22, 0.42)]),
    ("system.cpu.load_average.15m", "1", GAUGE, "environment", [({}, 0.13, 0.14)]),
    (
        "system.memory.usage",
        "By",
        LEVEL,
        "environment",
        [
            ({"system.memory.state": "used"}, 1023998 * KIB, 1047998 * KIB),
            ({"system.memory.state": "free"}, 512002 * KIB, 412002 * KIB),
            ({"system.memory.state": "buffers"}, 64004 * KIB, 64004 * KIB),
            ({"system.memory.state": "cached"}, 256005 * KIB, 256005 * KIB),
        ],
    ),
    ("system.memory.limit", "By", LEVEL, "environment", [({}, 2048001 * KIB, 2048001 * KIB)]),
    ("system.memory.linux.available", "By", LEVEL, "environment", [({}, 1024003 * KIB, 1000003 * KIB)]),
    ("system.memory.linux.shared", "By", LEVEL, "environment", [({}, 4010 * KIB, 4010 * KIB)]),
    (
        "system.memory.linux.slab.usage",
        "By",
        LEVEL,
        "environment",
        [
            ({"system.memory.linux.slab.state": "reclaimable"}, 16009 * KIB, 16011 * KIB),
            ({"system.memory.linux.slab.state": "unreclaimable"}, 15999 * KIB, 15999 * KIB),
        ],
    ),
    *(
        (
            f"system.network.{signal}",
            unit,
            COUNTER,
            "environment",
            [
                ({key: name, "network.io.direction": direction}, 0, grown)
                for (name, direction), grown in zip(
                    [("lo", "receive"), ("lo", "transmit"), ("eth0", "receive"), ("eth0", "transmit")], growth
                )
            ],
        )
        for signal, unit, key, growth in [
            ("io", "By", "network.interface.name", (2, 2, 131, 400)),
            ("packet.count", "{packet}", "system.device", (1, 1, 8, 11)),
            ("errors", "{error}", "network.interface.name", (0, 0, 5, 13)),
            ("packet.dropped", "{packet}", "network.interface.name", (0, 0, 7, 16)),
        ]
    ),
]


@pytest.fixture(scope="module")
def arrived(tmp_path_factory, certificates):
    """One run, looked at by all tests of this file: two states of the kernel, then an upload."""
    from appliance import Appliance
    from receiver import Receiver

    folder = tmp_path_factory.mktemp("path")
    with Receiver(folder / "received", certificates.server.certificate, certificates.server.key) as receiver:
        appliance = Appliance(folder)
        appliance.write_settings()
        appliance.write_offer(receiver.url, certificates.ca)
        appliance.write_consent({"product": "share", "environment": "share"})
        appliance.begun = time.time_ns()
        with appliance.daemon() as daemon:
            daemon.ticks(4)
            for path, text in LATER.items():
                appliance.kernel.write(path, text)
            appliance.changed = time.time_ns()
            daemon.ticks(4)
        appliance.ended = time.time_ns()
        appliance.upload = appliance.accord("upload")
        assert appliance.upload.code == 0, appliance.upload.err
        yield appliance, receiver


def series_points(receiver, signal: str, attributes: dict) -> list[received.Point]:
    return [point for point in receiver.points() if point.signal == signal and point.attributes == attributes]


def metric_requests(receiver) -> list[received.Request]:
    """The requests that held readings; an empty one may have asked for the time."""
    return [
        request for request in received.requests(receiver.directory) if request.path == "/v1/metrics" and request.body
    ]


@pytest.mark.parametrize("row", EXPECTED, ids=[row[0] for row in EXPECTED])
def test_a_signal_arrives_with_the_kernels_values(arrived, row):
    appliance, receiver = arrived
    signal, unit, (kind, is_monotonic, temporality), source, series = row
    for attributes, first, second in series:
        points = series_points(receiver, signal, attributes)
        for point in points:
            assert (point.unit, point.kind, point.source) == (unit, kind, source)
            assert (point.is_monotonic, point.temporality) == (is_monotonic, temporality)
        values = [point.value for point in points]
        changes = [value for index, value in enumerate(values) if index == 0 or value != values[index - 1]]
        assert changes == pytest.approx(list(dict.fromkeys([first, second])), abs=1e-9)
        # Seconds are decimal fractions, bytes and counts are whole numbers.
        assert {type(value) for value in values} == {float if unit in ("s", "1") else int}
        assert len(values) >= 6
        assert {point.value for point in points if point.time > appliance.changed + 5_000_000} == {values[-1]}


def test_nothing_else_arrives(arrived):
    _, receiver = arrived
    expected = {
        (signal, repr(sorted(attributes.items()))) for signal, *_, series in EXPECTED for attributes, *_ in series
    }
    got = {(point.signal, repr(sorted(point.attributes.items()))) for point in receiver.points()}
    assert {name for name in got if name[0] != "accord.delivery"} == expected


def test_stamps_ascend_within_the_run(arrived):
    appliance, receiver = arrived
    # The daemon measures the wall clock once and follows it when it is off by a quarter of a second.
    margin = 250_000_000
    for signal, *_, series in EXPECTED:
        for attributes, *_ in series:
            times = [point.time for point in series_points(receiver, signal, attributes)]
            assert times == sorted(set(times))
            assert appliance.begun - margin <= times[0] and times[-1] <= appliance.ended + margin


def test_counters_start_with_their_first_reading_and_nothing_else_has_a_start(arrived):
    _, receiver = arrived
    for signal, _, kind, _, series in EXPECTED:
        for attributes, *_ in series:
            points = series_points(receiver, signal, attributes)
            assert {point.start for point in points} == ({points[0].time} if kind == COUNTER else {0})


def test_each_source_is_a_request_of_its_own_with_its_own_resource(arrived):
    appliance, receiver = arrived
    pseudonym = appliance.accord("status").json[0]["pseudonym"]
    envelope = {"service.name": "accord", "service.instance.id": pseudonym}
    facts = {
        "os.type": "linux",
        "os.name": "Debian GNU/Linux",
        "os.version": "12",
        "os.description": "Debian GNU/Linux 12 (bookworm)",
        "os.build_id": "2026-11-01",
    }
    assert (appliance.var / "identity").read_text().strip() == pseudonym and len(pseudonym) == 36
    expected = {"product": envelope | facts, "environment": envelope, None: envelope}
    for request in received.requests(receiver.directory):
        sources = {point.source for point in received.points(request)}
        assert len(sources) == 1 or not request.body
        for point in received.points(request):
            assert point.resource == expected[point.source]


def test_the_envelope_names_the_agent_and_the_conventions(arrived):
    _, receiver = arrived
    for request in metric_requests(receiver):
        (resource,) = request.message.resource_metrics
        (scope,) = resource.scope_metrics
        assert (resource.schema_url, scope.schema_url) == (SCHEMA, SCHEMA)
        assert (scope.scope.name, scope.scope.version) == ("accord", "0.1.0")
        assert received.attributes(scope.scope.attributes).keys() == {"accord.source"}
        assert request.headers["content-encoding"] == "gzip"
        assert request.headers["user-agent"].startswith("accord/0.1.0 OTel-OTLP-Exporter-Swift/")


@pytest.mark.parametrize("source", ["product", "environment"])
def test_the_delivery_event_lists_what_came(arrived, source):
    appliance, receiver = arrived
    sent = appliance.batches(source, "sent")
    (request,) = [
        request for request in metric_requests(receiver) if source in {p.source for p in received.points(request)}
    ]
    (event,) = [p for p in receiver.points() if p.kind == "event" and p.attributes["accord.source"] == source]
    assert event.signal == "accord.delivery"
    assert appliance.begun <= event.time
    told = dict(event.attributes)
    assert len(told.pop("log.record.uid")) == 32
    # The head vouches for the whole ledger up to the row of this upload.
    number, head = told.pop("accord.ledger.number"), told.pop("accord.ledger.head")
    rows = dict(appliance.sql("ledger", "SELECT number, hash FROM ledger"))
    assert number == max(rows) and rows[number].hex() == head
    assert told == {
        "accord.source": source,
        "accord.grant": sent[0]["grant"],
        "accord.batches": [batch["id"] for batch in sent],
        "accord.sequence.first": sent[0]["sequence"],
        "accord.sequence.last": sent[-1]["sequence"],
        "accord.readings": len(list(received.points(request))),
        "accord.bytes": len(request.body),
        "accord.agreement": sent[0]["agreement"],
    }
    assert [batch["sequence"] for batch in sent] == [1] and sent[0]["id"] == f"{sent[0]['grant'][:8]}-1"


def test_the_command_reports_what_the_receiver_counted(arrived):
    appliance, receiver = arrived
    (report,) = appliance.upload.json
    assert report["stopped"] is None
    for sent in report["sent"]:
        points = [point for point in receiver.points() if point.source == sent["source"]]
        (listed,) = appliance.batches(sent["source"], "sent")
        assert sent["readings"] == listed["readings"] == len(points)
        assert (sent["requests"], sent["batches"], sent["rejected"]) == (1, 1, 0)
    assert [sent["source"] for sent in report["sent"]] == ["product", "environment"]
