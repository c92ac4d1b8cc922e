"""Request bodies before the official protobufs, zlib and gzip(1): what `accord outbox` and `accord sent` print with
--otlp, and what arrives. `wire` holds what every body has to be."""

import gzip
import subprocess
import zlib
from collections import Counter

import pytest
import received
import wire
from kernel import KERNEL_FILES

METRICS = "/v1/metrics"
HUGE = 2**63 - 1


@pytest.fixture
def recorded(sharing):
    """Two batches of each source, with texts and numbers that are easily written wrongly."""
    for stat in (KERNEL_FILES["proc/stat"], KERNEL_FILES["proc/stat"].replace("processes 4523", f"processes {HUGE}")):
        sharing.kernel.write("proc/stat", stat)
        sharing.kernel.write("proc/loadavg", "0.00 0.01 99999.99 1/2 3\n")
        sharing.kernel.write("etc/os-release", f'NAME="Gerät \U0001f600"\nVERSION_ID=""\nPRETTY_NAME="{"x" * 200}"\n')
        sharing.kernel.write_interfaces(**{"br-é": (HUGE, 2**53 + 1, 0, 0, 1, 1, 1, 1), "x" * 15: (0,) * 8})
        sharing.record()
    return sharing


def otlp(appliance, verb: str) -> dict[str, bytes]:
    """The bytes that --otlp prints, for every batch that the verb lists."""
    return {
        batch["id"]: subprocess.check_output(appliance.command("accord", verb, batch["id"], "--otlp"))
        for batch in appliance.batches(verb=verb)
    }


def readings(messages) -> Counter:
    """How often each reading occurs."""
    requests = (received.Request(0, METRICS, {}, 200, b"", message) for message in messages)
    points = (point for request in requests for point in received.points(request))
    return Counter((p.signal, p.source, repr(sorted(p.attributes.items())), p.time, p.value) for p in points)


def test_the_bytes_that_the_commands_print_are_otlp_and_say_what_is_sent(recorded, receiver):
    recorded.accord("upload")  # Only then is the time known, without which stamps are not final.
    recorded.record()
    waits = otlp(recorded, "outbox")
    assert recorded.accord("upload").code == 0
    sent = otlp(recorded, "sent")
    assert len(waits) == 2 and len(sent) == 6 and sent.items() >= waits.items()
    arrived = [request.message for request in received.requests(receiver.directory) if request.path == METRICS]
    assert readings(wire.check(METRICS, body) for body in sent.values()) == readings(arrived)
    assert max(readings(arrived).values()) == 1


def test_gzip_unpacks_every_body_to_what_the_commands_print(recorded, receiver, tmp_path):
    assert recorded.accord("upload").code == 0
    bodies = [request for request in received.requests(receiver.directory) if request.body]
    assert {request.path for request in bodies} == {METRICS, "/v1/logs"}
    for request in bodies:
        file = tmp_path / "body.gz"
        file.write_bytes(request.body)
        subprocess.run(["gzip", "--test", file], check=True)
        plain = subprocess.check_output(["gzip", "--decompress", "--stdout", file])
        assert plain == wire.gunzip(request.body)
        listed = subprocess.check_output(["gzip", "--list", file], text=True).splitlines()[1].split()
        assert listed[:2] == [str(len(request.body)), str(len(plain))]


ERRORS = {
    "two members": lambda body: body + gzip.compress(b"", mtime=0),
    "a byte behind the end": lambda body: body + b"\0",
    "another checksum": lambda body: body[:-8] + bytes([body[-8] ^ 1]) + body[-7:],
    "another length": lambda body: body[:-1] + b"\1",
    "a file name": lambda body: body[:3] + b"\x08" + body[4:10] + b"name\0" + body[10:],
    "a time": lambda body: body[:4] + b"\1" + body[5:],
    "a cut": lambda body: body[:-1],
}


@pytest.mark.parametrize("change", ERRORS.values(), ids=ERRORS)
def test_a_member_that_is_not_as_it_should_be_is_noticed(change):
    compressor = zlib.compressobj(wbits=31)
    member = compressor.compress(b"plain") + compressor.flush()
    assert wire.gunzip(member) == b"plain"
    with pytest.raises(AssertionError):
        wire.gunzip(change(member))


def test_a_field_that_the_schema_does_not_know_is_noticed_at_any_depth():
    # Field 999 in the resource of the only ResourceMetrics, and the same message with its fields in another order.
    assert list(wire.unknown_fields(received.decode(METRICS, None, bytes.fromhex("0a050a03ba3e00")))) == [
        "opentelemetry.proto.resource.v1.Resource: field 999"
    ]
    with pytest.raises(AssertionError):
        wire.check(METRICS, bytes.fromhex("0a051a01730a00"))
    assert wire.check(METRICS, bytes.fromhex("0a050a001a0173"))
