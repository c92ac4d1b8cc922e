"""What rotel's debug log says it got, read back from its text: none of OpenTelemetry's Python is asked.

The text has one fact a line. What it says of a resource, a scope or a metric holds until the next one is announced.
"""

import re
from collections.abc import Iterator
from typing import Any

from received import Point

_LIST = re.compile(r"(Resource |InstrumentationScope |Data point |)[Aa]ttributes:")
_DESCRIPTION = re.compile(r"     -> (Name|Description|Unit|DataType|IsMonotonic|AggregationTemporality): (.*)")
_ATTRIBUTE = re.compile(r"     -> (.*?): (Str|Int|Slice)\((.*)\)")
_FACT = re.compile(r"(StartTimestamp|Timestamp|Value|EventName|Body|Flags|Resource SchemaURL): (.*)")
_TEMPORALITY = {"AGGREGATION_TEMPORALITY_CUMULATIVE": 2, None: None}


def points(text: str) -> Iterator[Point]:
    """Every data point and every event, as `received` would give them; numbers are floats."""
    request = 0
    lists: dict[str, dict[str, Any]] = {}
    attributes: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LIST.fullmatch(line):
            attributes = lists[match[1]] = {}
        elif line.startswith(("ResourceMetrics #0", "ResourceLog #0")):
            request += 1
        elif line == "Descriptor:":
            facts.clear()
        elif line.startswith(("NumberDataPoints #", "LogRecord #")):
            # A list without entries is not printed.
            lists["Data point "] = lists[""] = {}
        elif match := _DESCRIPTION.fullmatch(line) or _FACT.fullmatch(line):
            facts[match[1]] = match[2]
            # The last line of each.
            if match[1] == "Value":
                yield _data_point(request, lists, facts)
            elif match[1] == "Flags":
                yield _event(request, lists, facts)
        elif match := _ATTRIBUTE.fullmatch(line):
            attributes[match[1]] = _value(match[2], match[3])


def _data_point(request: int, lists: dict[str, dict], facts: dict[str, str]) -> Point:
    monotonic = facts.get("IsMonotonic")
    return Point(
        request=request,
        source=lists["InstrumentationScope "].get("accord.source"),
        signal=facts["Name"],
        kind=facts["DataType"].lower(),
        unit=facts["Unit"],
        resource=lists["Resource "],
        attributes=lists["Data point "],
        start=int(facts["StartTimestamp"]),
        time=int(facts["Timestamp"]),
        value=float(facts["Value"]),
        is_monotonic=monotonic and monotonic == "true",
        temporality=_TEMPORALITY[facts.get("AggregationTemporality")],
    )


def _event(request: int, lists: dict[str, dict], facts: dict[str, str]) -> Point:
    return Point(
        request=request,
        source=None,
        signal=facts["EventName"],
        kind="event",
        unit="",
        resource=lists["Resource "],
        attributes=lists[""],
        start=0,
        time=int(facts["Timestamp"]),
        value=facts["Body"],
    )


def _value(kind: str, text: str) -> Any:
    if kind == "Slice":
        return [_value(*re.fullmatch(r"(\w+)\((.*)\)", item).groups()) for item in text.split(", ")]
    return int(text) if kind == "Int" else text
