"""The receiver itself: real TLS on loopback, real protobufs, and each answer it can be told to give."""

import gzip
import hashlib
import http.client
import json
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import certificates
import pytest
import received
import receiver as receiver_module
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from receiver import PROTOBUF, Receiver

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> certificates.Certificates:
    return certificates.make_all(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(tmp_path, files):
    with Receiver(tmp_path / "received", files.server.certificate, files.server.key) as receiver:
        yield receiver


@pytest.fixture
def client(receiver, files):
    connection = connect(receiver.url, files.ca)
    yield connection
    connection.close()


def connect(url: str, ca: Path) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=ca)
    return http.client.HTTPSConnection(url.removeprefix("https://"), context=context, timeout=10)


def metrics(values: list[int], signal: str = "system.uptime", source: str = "product") -> bytes:
    message = ExportMetricsServiceRequest()
    scope = message.resource_metrics.add().scope_metrics.add()
    attribute = scope.scope.attributes.add(key="accord.source")
    attribute.value.string_value = source
    metric = scope.metrics.add(name=signal, unit="s")
    for value in values:
        metric.gauge.data_points.add(time_unix_nano=1_700_000_000_000_000_000, as_int=value)
    return message.SerializeToString()


def logs() -> bytes:
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add(event_name="accord.delivery")
    record.body.string_value = "delivered"
    return message.SerializeToString()


def post(client, body: bytes, path: str = "/v1/metrics", **headers):
    """Sends one POST; returns the answer and its body."""
    given = {"Content-Type": PROTOBUF} | {name.replace("_", "-"): value for name, value in headers.items()}
    client.request("POST", path, body, {name: value for name, value in given.items() if value is not None})
    answer = client.getresponse()
    return answer, answer.read()


def test_a_metrics_request_is_accepted_and_kept(receiver, client):
    body = gzip.compress(metrics([7, 8]))
    answer, content = post(client, body, Content_Encoding="gzip", User_Agent="Accord/1")
    assert (answer.status, answer.headers["Content-Type"], content) == (200, PROTOBUF, b"")
    assert answer.headers["Date"].endswith(" GMT")

    (record,) = receiver.requests
    assert record["path"] == "/v1/metrics"
    assert record["headers"] == {
        "content-type": PROTOBUF,
        "content-encoding": "gzip",
        "content-length": str(len(body)),
        "user-agent": "Accord/1",
    }
    assert record["sha256"] == hashlib.sha256(body).hexdigest()
    assert record["body"]["resource_metrics"][0]["scope_metrics"][0]["metrics"][0]["name"] == "system.uptime"
    assert (receiver.directory / "bodies" / "0001.bin").read_bytes() == body
    assert received.records(receiver.directory) == [record]
    assert [(p.signal, p.source, p.value) for p in receiver.points()] == [
        ("system.uptime", "product", 7),
        ("system.uptime", "product", 8),
    ]


def test_a_logs_request_is_accepted_on_the_same_connection(receiver, client):
    post(client, metrics([1]))
    answer, _ = post(client, logs(), "/v1/logs")
    assert answer.status == 200
    assert [(p.signal, p.kind, p.value) for p in receiver.points()][1:] == [("accord.delivery", "event", "delivered")]
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("body", "headers", "word"),
    [
        (b"\xff\xff", {}, b"protobuf"),
        (b"not gzip", {"Content_Encoding": "gzip"}, b"gzip"),
        (gzip.compress(metrics([1]))[:-4], {"Content_Encoding": "gzip"}, b"unexpected end"),
        (gzip.compress(metrics([1])) + b"x", {"Content_Encoding": "gzip"}, b"after the end"),
        (gzip.compress(bytes(received.BODY_BYTES_MAX + 1)), {"Content_Encoding": "gzip"}, b"too large"),
        (metrics([1]), {"Content_Encoding": "br"}, b"unsupported Content-Encoding: br"),
    ],
    ids=["protobuf", "gzip", "truncated", "leftover", "bomb", "encoding"],
)
def test_a_body_that_cannot_be_decoded_is_refused_with_a_status(receiver, client, body, headers, word):
    answer, content = post(client, body, **headers)
    assert (answer.status, answer.headers["Content-Type"]) == (400, PROTOBUF)
    assert content[:3] == b"\x08\x03\x12" and word in content
    (record,) = receiver.requests
    assert "error" in record and "body" not in record
    assert receiver.points() == []


def test_a_status_has_the_bytes_of_the_official_encoding():
    assert receiver_module.rpc_status(3, "bad").hex() == "08031203626164"


def test_other_types_paths_and_methods_are_refused_as_a_collector_does(client):
    assert post(client, metrics([1]), Content_Type="application/protobuf")[0].status == 415
    assert post(client, metrics([1]), Content_Type=None)[0].status == 415
    assert post(client, metrics([1]), "/v1/metrics/")[0].status == 404
    client.request("GET", "/v1/metrics")
    answer = client.getresponse()
    assert (answer.status, answer.read()[:3]) == (405, b"405")


def test_scripted_answers_are_given_once_and_in_order(receiver, client):
    receiver.answer_next(503, headers={"Retry-After": "3"})
    receiver.answer_next(502, headers={"Content-Type": "text/html"}, body="<h1>Bad gateway</h1>")
    receiver.answer_next(307, headers={"Location": "https://elsewhere.example/"})

    answer, content = post(client, metrics([1]))
    assert (answer.status, answer.headers["Retry-After"], content) == (503, "3", b"")
    answer, content = post(client, metrics([1]))
    assert (answer.status, answer.headers["Content-Type"], content) == (502, "text/html", b"<h1>Bad gateway</h1>")
    answer, _ = post(client, metrics([1]))
    assert (answer.status, answer.headers["Location"]) == (307, "https://elsewhere.example/")
    assert post(client, metrics([1]))[0].status == 200
    assert [record["status"] for record in receiver.requests] == [503, 502, 307, 200]


def test_a_scripted_answer_can_wait_for_its_path(receiver, client):
    receiver.answer_next(429, path="/v1/logs")
    assert post(client, metrics([1]))[0].status == 200
    assert post(client, logs(), "/v1/logs")[0].status == 429


def test_partial_success_is_what_the_official_protobufs_read(receiver, client):
    receiver.answer_next(partial=(3, "too old"))
    answer, content = post(client, metrics([1]))
    response = ExportMetricsServiceResponse.FromString(content)
    assert answer.status == 200
    assert response.partial_success.rejected_data_points == 3
    assert response.partial_success.error_message == "too old"


def test_headers_alone_change_the_ordinary_answer(receiver, client):
    receiver.answer_next(headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"})
    answer, _ = post(client, metrics([1]))
    assert answer.status == 200
    assert answer.headers.get_all("Date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]


def test_answers_come_from_a_file_too_and_are_consumed(receiver, client):
    file = receiver.directory / "answers"
    file.write_text('{"status": 503}\n\n{"partial": [1, "old"]}\n')
    assert post(client, metrics([1]))[0].status == 503
    assert not file.exists()
    assert b"old" in post(client, metrics([1]))[1]
    assert post(client, metrics([1]))[1] == b""


def test_closing_before_the_body_keeps_nothing(receiver, client):
    receiver.answer_next(close="before")
    with pytest.raises((http.client.HTTPException, OSError)):
        post(client, metrics([1]))
    assert receiver.requests == []


def test_a_lost_acknowledgement_keeps_the_request_and_answers_nothing(receiver, client):
    receiver.answer_next(close="after")
    with pytest.raises((http.client.HTTPException, OSError)):
        post(client, metrics([5]))
    assert [record["status"] for record in receiver.requests] == [None]
    assert [point.value for point in receiver.points()] == [5]


def test_a_delayed_answer_comes_late_and_ends_with_the_receiver(receiver, client):
    receiver.answer_next(delay=0.3)
    begun = time.monotonic()
    assert post(client, metrics([1]))[0].status == 200
    assert time.monotonic() - begun >= 0.3

    receiver.answer_next(delay=600)
    client.request("POST", "/v1/metrics", metrics([1]), {"Content-Type": PROTOBUF})
    deadline = time.monotonic() + 10
    while len(receiver.requests) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    receiver.stop()
    with pytest.raises((http.client.HTTPException, OSError)):
        client.getresponse()


def test_parallel_requests_are_numbered_without_gaps(receiver, files):
    def send_some():
        connection = connect(receiver.url, files.ca)
        for _ in range(10):
            post(connection, metrics([1]))
        connection.close()

    threads = [threading.Thread(target=send_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record["number"] for record in received.records(receiver.directory)] == list(range(1, 41))


def test_numbers_go_on_after_a_restart(receiver, client, files):
    post(client, metrics([1]))
    with Receiver(receiver.directory, files.server.certificate, files.server.key) as second:
        post(connect(second.url, files.ca), metrics([2]))
        assert [point.value for point in second.points()] == [1, 2]


@pytest.mark.parametrize("mistake", ["wrong_name", "expired", "not_yet_valid"])
def test_a_wrong_certificate_is_refused_by_the_client_before_any_request(tmp_path, files, mistake):
    identity = getattr(files, mistake)
    with Receiver(tmp_path, identity.certificate, identity.key) as receiver:
        with pytest.raises(ssl.SSLCertVerificationError):
            post(connect(receiver.url, files.ca), metrics([1]))
        assert receiver.requests == []
        assert receiver.connections == 1


def test_an_unrelated_authority_does_not_vouch_for_the_server(receiver, files):
    with pytest.raises(ssl.SSLCertVerificationError):
        post(connect(receiver.url, files.other_ca), metrics([1]))
    assert receiver.requests == []


def test_it_is_reached_by_address_too_and_keys_are_private(receiver, files):
    port = receiver.url.rpartition(":")[2]
    assert post(connect(f"https://127.0.0.1:{port}", files.ca), metrics([1]))[0].status == 200
    assert files.server.key.stat().st_mode & 0o777 == 0o600


def test_the_program_says_where_it_listens_and_ends_on_sigterm(tmp_path, files):
    made = subprocess.run([sys.executable, HERE / "certificates.py", tmp_path / "tls"])
    assert made.returncode == 0
    assert sorted(path.name for path in (tmp_path / "tls").iterdir()) == ["ca.pem", "server.key", "server.pem"]

    command = [sys.executable, HERE / "receiver.py", tmp_path / "got"]
    command += ["--certificate", tmp_path / "tls/server.pem", "--key", tmp_path / "tls/server.key"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline().strip()
        url = (tmp_path / "got/url").read_text().strip()
        assert line == f"listening on {url}"
        assert post(connect(url, tmp_path / "tls/ca.pem"), metrics([41, 42]))[0].status == 200
        assert post(connect(url, tmp_path / "tls/ca.pem"), metrics([9], "hw.temperature", "environment"))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert [json.loads(line)["number"] for line in (tmp_path / "got/received.jsonl").read_text().splitlines()] == [1, 2]

    def summary(*arguments: str) -> list[str]:
        command = [sys.executable, HERE / "summary.py", tmp_path / "got", *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()

    lines = [line.split() for line in summary()]
    assert ["1", "/v1/metrics", "200"] == lines[1][:3] and ["product", "2"] == lines[1][-2:]
    assert ["system.uptime", "2", "1", "41", "42", "s"] in lines
    assert summary("--signal", "system.network.*") == ["0 points of system.network.*"]
    assert summary("--signal", "system.*") == ["2 points of system.*"]
    assert summary("--source", "environment") == ["1 point of environment"]
    assert summary("--since", "2", "--signal", "system.*") == ["0 points of system.*"]
    assert summary("--since", "3") == ["nothing received"]
