"""The content of a batch, read a second time: written from the text at the head of BatchCodec.swift, not from its code."""

import zlib
from collections.abc import Iterator


def inflated(columns: bytes) -> bytes:
    """The bytes under the deflate of a database: RFC 1950 with a window of 8 KiB, and nothing behind the checksum."""
    method_and_window, flags = columns[0], columns[1]
    assert method_and_window == 0x58 and (256 * method_and_window + flags) % 31 == 0 and not flags & 0x20
    inflater = zlib.decompressobj(wbits=13)
    content = inflater.decompress(columns)
    assert inflater.eof and not inflater.unused_data
    assert zlib.adler32(content) == int.from_bytes(columns[-4:], "big")
    return content


def decoded(content: bytes) -> tuple[list[int], dict[int, list[int | None]]]:
    """The tick times, and the readings of each series by its number."""
    rest = iter(content)
    assert next(rest) == 1
    count = _varint(rest)
    ticks, step, time = [], 0, 0
    for _ in range(count):
        step += _zigzag(rest)
        time += step
        ticks.append(time)
    columns, series = {}, 0
    for _ in range(_varint(rest)):
        difference = _varint(rest)
        series = (series + difference) % 2**64
        columns[series] = _column(rest, count)
        # In ascending order, so that each stands once.
        assert 0 < difference < 2**63
    assert next(rest, None) is None
    return ticks, columns


def _column(rest: Iterator[int], count: int) -> list[int | None]:
    present = [True] * count
    if (form := next(rest)) == 0:
        bits = [next(rest) for _ in range((count + 7) // 8)]
        present = [bool(bits[position // 8] >> position % 8 & 1) for position in range(count)]
        assert not all(present)
    else:
        assert form == 1
    value, column = 0, []
    for is_present in present:
        if is_present:
            value = _wrapped(value + _zigzag(rest))
        column.append(value if is_present else None)
    return column


def _varint(rest: Iterator[int]) -> int:
    value = shift = 0
    while True:
        byte = next(rest)
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            assert value < 2**64 and (byte or shift == 7), "not the shortest form"
            return value


def _zigzag(rest: Iterator[int]) -> int:
    value = _varint(rest)
    return value >> 1 ^ -(value & 1)


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
