"""An OTLP/HTTP receiver for tests and the demo, on OpenTelemetry's own protobufs.

As a program:   receiver.py DIR --certificate server.pem --key server.key [--port 0]
In a test:      with Receiver(directory, certificate, key) as receiver: … receiver.url … receiver.requests

It answers as an OpenTelemetry Collector does: 200 with an empty Export…Response; 400 with a google.rpc.Status for
a body it cannot decode; 415, 404 and 405 in plain text for a wrong content type, path and method. It listens on
127.0.0.1 only (in a test also on ::1), speaks TLS 1.2 or newer, and keeps what it gets in DIR:

    url               where it listens
    received.jsonl    one line a request: number, time, path, headers, sha256, status, body (decoded) or error
    bodies/NNNN.bin   the body of request NNNN as it came
    answers           optional: scripted answers, one JSON object a line, each used once and then removed

`status` is null where no answer was given. A request is on disk before it is answered, so whoever has the answer
finds the request.

A scripted answer says what to do with the next POST instead (`answer_next` takes the same names):

    {"status": 503, "headers": {"Retry-After": "3"}}        an empty body unless one is given
    {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad gateway</h1>"}
    {"status": 307, "headers": {"Location": "https://elsewhere.example/"}}
    {"partial": [3, "too old"]}                             200 with partial success: 3 rejected, and why
    {"delay": 1.5}                                          seconds before the answer
    {"headers": {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}}  without a status: the ordinary answer, changed
    {"close": "before"}                                     closes without reading the body
    {"close": "after"}                                      the lost acknowledgement: reads and keeps, never answers
    {"status": 429, "path": "/v1/metrics"}                  waits for a request to that path
"""

import argparse
import hashlib
import json
import os
import signal
import socket
import ssl
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

import received

PROTOBUF = "application/x-protobuf"
KEPT_HEADERS = ("content-type", "content-encoding", "content-length", "user-agent", "authorization", "x-scope-orgid")
RESPONSE_TYPES = {"/v1/metrics": ExportMetricsServiceResponse, "/v1/logs": ExportLogsServiceResponse}
INVALID_ARGUMENT = 3

# Status, headers, body.
Reply = tuple[int, dict[str, str], bytes]

# How long a kept-alive connection may say nothing.
IDLE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What to do with a request instead of the ordinary answer; see the top of this file."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | str = b""
    partial: tuple[int, str] | None = None
    delay: float = 0
    close: str | None = None
    path: str | None = None

    def __post_init__(self):
        if self.close not in (None, "before", "after"):
            raise ValueError(f'close is "before" or "after", not {self.close!r}')


class Receiver:
    """A receiver on a port of its own, which listens until `stop()` or the end of a `with`. With `client_ca` it wants
    a client certificate of that authority; `idle` is how many seconds a kept-alive connection may say nothing."""

    def __init__(
        self,
        directory: Path,
        certificate: Path,
        key: Path,
        port: int = 0,
        host: str = "localhost",
        client_ca: Path | None = None,
        idle: float = IDLE_SECONDS,
    ):
        self.directory = Path(directory)
        (self.directory / "bodies").mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._answers: list[Answer] = []
        self._records = received.records(self.directory)
        self._stopping = threading.Event()
        self.idle = idle
        address = ("::1" if host == "[::1]" else "127.0.0.1", port)
        self._server = _Server(address, self, _tls_context(certificate, key, client_ca))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"https://{host}:{self._server.server_port}"
        (self.directory / "url").write_text(self.url + "\n")
        self._thread.start()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self) -> None:
        """Stops listening and closes every connection, also the idle and the waiting ones."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()

    @property
    def requests(self) -> list[dict]:
        """The requests so far, as the lines of received.jsonl."""
        with self._lock:
            return list(self._records)

    @property
    def connections(self) -> int:
        """TCP connections so far, also those that failed in TLS. Zero is what silence looks like."""
        return self._server.connections

    def points(self) -> list[received.Point]:
        """Every data point and event received, decoded from the bodies on disk."""
        return [point for request in received.requests(self.directory) for point in received.points(request)]

    def answer_next(self, status: int | None = None, **what) -> None:
        """Queues an answer for one of the next requests; the names are those of `Answer`."""
        with self._lock:
            self._answers.append(Answer(status=status, **what))

    def stops_within(self, seconds: float) -> bool:
        """Waits that long, and tells whether the receiver was stopped meanwhile."""
        return self._stopping.wait(seconds)

    def take_answer(self, path: str) -> Answer:
        """The first scripted answer for `path`, or the ordinary one."""
        with self._lock:
            self._answers += self._answers_from_file()
            for index, answer in enumerate(self._answers):
                if answer.path in (None, path):
                    return self._answers.pop(index)
        return Answer()

    def keep(self, path: str, headers: dict[str, str], raw: bytes, status: int | None, **outcome) -> None:
        """Writes one request to the folder: the body first, then the line that names it."""
        with self._lock:
            number = len(self._records) + 1
            record = {
                "number": number,
                "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
                "path": path,
                "headers": headers,
                "sha256": hashlib.sha256(raw).hexdigest(),
                "status": status,
                **outcome,
            }
            (self.directory / "bodies" / f"{number:04}.bin").write_bytes(raw)
            with open(self.directory / "received.jsonl", "a") as file:
                file.write(json.dumps(record) + "\n")
            self._records.append(record)

    def _answers_from_file(self) -> list[Answer]:
        # Renamed before it is read: a line that somebody appends meanwhile goes to a new file.
        taken = self.directory / "answers.taken"
        try:
            os.rename(self.directory / "answers", taken)
        except FileNotFoundError:
            return []
        lines = taken.read_text().splitlines()
        taken.unlink()
        return [Answer(**json.loads(line)) for line in lines if line.strip()]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, receiver: Receiver, tls: ssl.SSLContext):
        self.receiver = receiver
        self.connections = 0
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def get_request(self):
        connection, address = super().get_request()
        self.connections += 1
        # The handshake happens in the connection's own thread: a slow client stops nobody.
        connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request):
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self):
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # The other side was first.

    def handle_error(self, request, client_address):
        # A client that refuses our certificate or goes away is an ordinary event here; a fault of ours is not.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "AccordTestReceiver"
    server: _Server

    def setup(self):
        self.timeout = self.server.receiver.idle
        super().setup()
        try:
            self.request.do_handshake()
        except ssl.SSLError:
            # A close with something unread would be a RST, which may overtake the alert that says why.
            while socket.socket.recv(self.request, 65536):
                pass
            raise

    def do_POST(self):
        receiver = self.server.receiver
        answer = receiver.take_answer(self.path)
        if answer.close == "before":
            self.close_connection = True
            return
        body = self._read_body()
        if body is None:
            return
        ordinary, outcome = self._judge(body)
        reply = _scripted(answer, ordinary)
        status = None if answer.close == "after" else reply[0]
        receiver.keep(self.path, self._kept_headers(), body, status, **outcome)
        if receiver.stops_within(answer.delay) or answer.close == "after":
            self.close_connection = True
            return
        self._send(*reply)

    def _other_method(self):
        # The body, if there is one, is not read; so the connection cannot be used again.
        self.close_connection = True
        self._send(405, {"Content-Type": "text/plain"}, b"405 method not allowed, supported: [POST]")

    do_GET = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _other_method

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._send(411, {"Content-Type": "text/plain"}, b"411 length required")
            return None
        if int(length) > received.BODY_BYTES_MAX:
            self.close_connection = True
            self._send(*_bad_data("http: request body too large"))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _judge(self, body: bytes) -> tuple[Reply, dict]:
        """The ordinary answer to a body, and what is to be kept about it."""
        plain = {"Content-Type": "text/plain"}
        if self.path not in received.REQUEST_TYPES:
            return (404, plain, b"404 page not found"), {"error": "no such path"}
        if self.headers.get_content_type() != PROTOBUF:
            return (415, plain, b"415 unsupported media type, supported: [application/x-protobuf]"), {
                "error": "unsupported media type"
            }
        try:
            message = received.decode(self.path, self.headers.get("Content-Encoding"), body)
        except received.Undecodable as error:
            return _bad_data(str(error)), {"error": str(error)}
        response = RESPONSE_TYPES[self.path]().SerializeToString()
        return (200, {"Content-Type": PROTOBUF}, response), {
            "body": MessageToDict(message, preserving_proto_field_name=True)
        }

    def _kept_headers(self) -> dict[str, str]:
        return {name: self.headers[name] for name in KEPT_HEADERS if name in self.headers}

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        own = {"Date": self.date_time_string(), "Server": self.server_version, "Content-Length": str(len(body))}
        for name, value in (own | headers).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass  # received.jsonl is the log.


def partial_success(rejected: int, message: str) -> bytes:
    """The body of a partial success. Metrics and logs have the same fields under the same numbers."""
    response = ExportMetricsServiceResponse()
    response.partial_success.rejected_data_points = rejected
    response.partial_success.error_message = message
    return response.SerializeToString()


def rpc_status(code: int, message: str) -> bytes:
    """A google.rpc.Status: field 1 is the code, field 2 the message. (Its package is not worth a dependency.)"""
    text = message.encode()[:127]
    return bytes([0x08, code, 0x12, len(text)]) + text


def _scripted(answer: Answer, ordinary: Reply) -> Reply:
    """The ordinary answer, as far as the scripted one does not say otherwise."""
    status, headers, body = ordinary
    if answer.status is not None or answer.partial:
        status, headers, body = answer.status or 200, {"Content-Type": PROTOBUF}, b""
    if answer.partial:
        body = partial_success(*answer.partial)
    if answer.body:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    return status, headers | answer.headers, body


def _bad_data(message: str) -> Reply:
    return 400, {"Content-Type": PROTOBUF}, rpc_status(INVALID_ARGUMENT, message)


def _tls_context(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


def main() -> None:
    parser = argparse.ArgumentParser(description="an OTLP/HTTP receiver on 127.0.0.1 that keeps what it gets")
    parser.add_argument("directory", type=Path, help="where to keep what arrives")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0, the default, means any free port")
    arguments = parser.parse_args()
    # Blocked before the first thread starts, so that every thread inherits it and only sigwait sees them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with Receiver(arguments.directory, arguments.certificate, arguments.key, arguments.port) as receiver:
        print(f"listening on {receiver.url}", flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
