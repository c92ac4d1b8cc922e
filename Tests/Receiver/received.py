"""What a receiver kept, read back from its folder and decoded by OpenTelemetry's own protobufs.

The folder holds one JSON line for each request (received.jsonl) and each body as it came (bodies/NNNN.bin). Only
the bodies are decoded here, so nothing that Accord or the receiver says about them is taken on trust.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

# The Collector's limit for a body, before and after decompression.
BODY_BYTES_MAX = 20 * 1024 * 1024

REQUEST_TYPES: dict[str, type[Message]] = {
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Undecodable(Exception):
    """A body that is not what its path and headers say."""


@dataclass(frozen=True)
class Request:
    """One request as it is kept. `message` is None where the body could not be decoded."""

    number: int
    path: str
    headers: dict[str, str]
    status: int | None
    body: bytes
    message: Message | None


@dataclass(frozen=True)
class Point:
    """One data point of a metric, or one event (a log record with a name; its value is its body)."""

    request: int
    source: str | None
    signal: str
    kind: str
    unit: str
    resource: dict[str, Any]
    attributes: dict[str, Any]
    start: int
    time: int
    value: Any
    is_monotonic: bool | None = None
    temporality: int | None = None

    @property
    def series(self) -> tuple:
        """What tells one series of a signal from another."""
        return (self.signal, self.source, repr(sorted(self.attributes.items())))


def gunzip(data: bytes, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Inflates one gzip member; refuses damage, leftovers and more than `bytes_max` bytes."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(data, bytes_max + 1)
    except zlib.error as error:
        raise Undecodable(f"gzip: {error}") from None
    if len(plain) > bytes_max:
        raise Undecodable("http: request body too large")
    if not inflater.eof or inflater.unused_data:
        raise Undecodable("gzip: unexpected end or bytes after the end")
    return plain


def decode(path: str, encoding: str | None, body: bytes) -> Message:
    """Decodes a request body by its path and Content-Encoding."""
    if encoding == "gzip":
        body = gunzip(body)
    elif encoding not in (None, "", "identity"):
        raise Undecodable(f"unsupported Content-Encoding: {encoding}")
    try:
        return REQUEST_TYPES[path].FromString(body)
    except DecodeError as error:
        raise Undecodable(f"protobuf: {error}") from None


def records(directory: Path) -> list[dict]:
    """The JSON lines of a receiver's folder; none if it got nothing yet."""
    try:
        text = (directory / "received.jsonl").read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines()]


def requests(directory: Path, since: int = 1) -> Iterator[Request]:
    """The requests from number `since` on, each with its body decoded anew."""
    for record in records(directory):
        if record["number"] < since:
            continue
        body = (directory / "bodies" / f"{record['number']:04}.bin").read_bytes()
        headers = record["headers"]
        try:
            message = decode(record["path"], headers.get("content-encoding"), body)
        except (Undecodable, KeyError):
            message = None
        yield Request(record["number"], record["path"], headers, record["status"], body, message)


def points(request: Request) -> Iterator[Point]:
    """The points of one request: data points of metrics, or events of logs."""
    if isinstance(request.message, ExportMetricsServiceRequest):
        yield from _metric_points(request.number, request.message)
    elif isinstance(request.message, ExportLogsServiceRequest):
        yield from _events(request.number, request.message)


def attributes(pairs) -> dict[str, Any]:
    """A list of OTLP attributes as a dictionary; a key given twice is an error of the sender."""
    result: dict[str, Any] = {}
    for pair in pairs:
        if pair.key in result:
            raise Undecodable(f"attribute {pair.key} is given twice")
        result[pair.key] = _plain(pair.value)
    return result


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    return getattr(value, kind)


def _source(scope_attributes: list[KeyValue]) -> str | None:
    return attributes(scope_attributes).get("accord.source")


def _metric_points(number: int, message: ExportMetricsServiceRequest) -> Iterator[Point]:
    for resource in message.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind) if kind else None
                for point in data.data_points if data else ():
                    yield Point(
                        request=number,
                        source=_source(scope.scope.attributes),
                        signal=metric.name,
                        kind=kind,
                        unit=metric.unit,
                        resource=attributes(resource.resource.attributes),
                        attributes=attributes(point.attributes),
                        start=point.start_time_unix_nano,
                        time=point.time_unix_nano,
                        value=_number(point),
                        is_monotonic=data.is_monotonic if kind == "sum" else None,
                        temporality=data.aggregation_temporality if kind == "sum" else None,
                    )


def _number(point) -> int | float | None:
    # Histograms and summaries have no single value.
    if "value" not in point.DESCRIPTOR.oneofs_by_name:
        return None
    which = point.WhichOneof("value")
    return getattr(point, which) if which else None


def _events(number: int, message: ExportLogsServiceRequest) -> Iterator[Point]:
    for resource in message.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield Point(
                    request=number,
                    source=_source(scope.scope.attributes),
                    signal=record.event_name,
                    kind="event",
                    unit="",
                    resource=attributes(resource.resource.attributes),
                    attributes=attributes(record.attributes),
                    start=0,
                    time=record.time_unix_nano,
                    value=_plain(record.body),
                )
