"""What every request body has to be, by the official protobufs and by zlib: each body that a test's receiver gets is
held to it, whatever the test is about.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import received
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

# RFC 1952, 2.3: magic, deflate, no flags and so no optional fields, no time, the compressor's effort, Unix.
GZIP_HEADER = struct.Struct("<HBBIBB")
GZIP_TRAILER = struct.Struct("<II")


def check_all(directory: Path) -> None:
    """Checks every body that a receiver kept."""
    for request in received.requests(directory):
        # An empty one only asks for the time.
        if request.body:
            assert request.headers["content-encoding"] == "gzip"
            check(request.path, gunzip(request.body))


def check(path: str, plain: bytes) -> Message:
    """Checks a body that is not compressed: the official decoder knows every field, and writes the same bytes, because
    ours stand in the order of their numbers too."""
    message = received.decode(path, None, plain)
    assert list(unknown_fields(message)) == []
    assert message.SerializeToString(deterministic=True) == plain
    return message


def unknown_fields(message: Message) -> Iterator[str]:
    """The fields of a message and all that it holds which the schema does not know."""
    name = message.DESCRIPTOR.full_name
    yield from (f"{name}: field {field.field_number}" for field in UnknownFieldSet(message))
    for field, value in message.ListFields():
        if field.message_type:
            for inner in value if field.is_repeated else [value]:
                yield from unknown_fields(inner)


def gunzip(body: bytes) -> bytes:
    """The content of one gzip member, each part of which is looked at."""
    magic, method, flags, time, effort, system = GZIP_HEADER.unpack_from(body)
    assert (magic, method, flags, time, system) == (0x8B1F, 8, 0, 0, 3) and effort in (0, 2, 4)
    inflater = zlib.decompressobj(wbits=-15)
    plain = inflater.decompress(body[GZIP_HEADER.size :])
    assert inflater.eof and len(inflater.unused_data) == GZIP_TRAILER.size
    assert GZIP_TRAILER.unpack(inflater.unused_data) == (zlib.crc32(plain), len(plain))
    return plain
