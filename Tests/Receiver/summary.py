"""Prints for people what a receiver got: each request, then each signal.

    summary.py DIR                              everything
    summary.py DIR --since 4                    only from request 4 on
    summary.py DIR --signal 'system.network.*'  one line: how many points have such a name
    summary.py DIR --source environment         one line: how many points belong to that source

The points are decoded from the bodies by OpenTelemetry's own protobufs. First and last are the values of a
signal's first series, which the last column names if there is more than one.
"""

import argparse
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import received


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Lines with aligned columns; a head that ends in ">" makes its column right-aligned."""
    titles = [head.removesuffix(">") for head in heads]
    widths = [max(map(len, column)) for column in zip(titles, *rows)]
    return [
        "  ".join(
            cell.rjust(width) if head.endswith(">") else cell.ljust(width)
            for head, width, cell in zip(heads, widths, row)
        ).rstrip()
        for row in [titles, *rows]
    ]


def request_lines(requests: list[received.Request]) -> list[str]:
    rows = []
    for request in requests:
        points = list(received.points(request))
        sources = sorted({point.source or "-" for point in points})
        rows.append(
            [
                str(request.number),
                request.path,
                "none" if request.status is None else str(request.status),
                str(len(request.body)),
                ", ".join(sources) or "-",
                str(len(points)) if request.message else "undecodable",
            ]
        )
    return table(["request>", "path", "answer>", "bytes>", "source", "points>"], rows)


def signal_lines(points: list[received.Point]) -> list[str]:
    by_signal: dict[str, list[received.Point]] = {}
    for point in points:
        by_signal.setdefault(point.signal, []).append(point)
    rows = []
    for signal, of_signal in sorted(by_signal.items()):
        series = {point.series for point in of_signal}
        first = of_signal[0]
        values = [point.value for point in of_signal if point.series == first.series]
        rows.append(
            [
                signal,
                str(len(of_signal)),
                str(len(series)),
                value_text(values[0]),
                value_text(values[-1]),
                first.unit,
                attributes_text(first.attributes) if len(series) > 1 else "",
            ]
        )
    return table(["signal", "points>", "series>", "first>", "last>", "unit", "of"], rows)


def value_text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def attributes_text(attributes: dict[str, Any]) -> str:
    text = " ".join(f"{name}={value}" for name, value in sorted(attributes.items()))
    return text if len(text) <= 48 else text[:47] + "…"


def main() -> None:
    parser = argparse.ArgumentParser(description="what a receiver got, decoded by OpenTelemetry's protobufs")
    parser.add_argument("directory", type=Path, help="the receiver's folder")
    parser.add_argument("--since", type=int, default=1, metavar="N", help="only from request number N on")
    parser.add_argument("--signal", metavar="PATTERN", help="only count the points whose name matches")
    parser.add_argument("--source", metavar="NAME", help="only count the points of this source")
    arguments = parser.parse_args()

    requests = list(received.requests(arguments.directory, arguments.since))
    points = [point for request in requests for point in received.points(request)]
    if arguments.signal or arguments.source:
        chosen = [
            point
            for point in points
            if fnmatchcase(point.signal, arguments.signal or "*")
            and arguments.source in (None, point.source)
        ]
        print(f"{count(len(chosen), 'point')} of {' in '.join(filter(None, [arguments.signal, arguments.source]))}")
        return
    if not requests:
        print("nothing received")
        return
    print(*request_lines(requests), sep="\n")
    if points:
        print("", *signal_lines(points), sep="\n")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


if __name__ == "__main__":
    main()
