"""Keep, hash or drop: what stands in the databases, what the supplier gets, and what the commands say of it."""

import hashlib
import hmac
import stat

import pytest
from appliance import Appliance

BOTH = {"product": "share", "environment": "share"}
# One signal calls the interface by another key than its siblings.
HASHED = {"network.interface.name": "hash", "system.device": "hash"}
COUNTERS = (11, 12, 13, 14, 15, 16, 17, 18)


def digest(appliance: Appliance, value: str) -> str:
    return hmac.new((appliance.var / "private/hash.key").read_bytes(), value.encode(), hashlib.sha256).hexdigest()


def test_a_hashed_name_is_64_digits_on_the_wire_and_clear_nowhere(sharing, receiver):
    sharing.kernel.write_interfaces(canary7x=COUNTERS)
    sharing.write_consent(BOTH, redact=HASHED | {"os.name": "hash", "os.description": "drop"})
    sharing.record()
    assert stat.S_IMODE((sharing.var / "private/hash.key").stat().st_mode) == 0o600
    assert sharing.accord("upload").code == 0
    expected = digest(sharing, "canary7x")
    points = [point for point in receiver.points() if point.signal.startswith("system.network")]
    for key in ("network.interface.name", "system.device"):
        assert expected in {point.attributes.get(key) for point in points}
    (product, *_) = [point for point in receiver.points() if point.source == "product"]
    assert product.resource["os.name"] == digest(sharing, "Debian GNU/Linux") and product.resource["os.version"] == "12"
    assert b"canary7x" not in sharing.bytes_of_state() and b"Debian" not in sharing.bytes_of_state()


@pytest.mark.parametrize(
    ("redact", "signals", "expected"),
    [
        ({}, ["host.name"], None),
        ({"host.*": "keep"}, ["host.name"], None),
        ({"host.name": "keep"}, ["host.*"], None),
        ({"host.name": "keep"}, ["host.name"], "appliance-7"),
        ({"host.name": "hash"}, ["host.name"], "#"),
    ],
)
def test_the_host_s_name_leaves_only_if_both_halves_name_it(
    appliance, receiver, certificates, redact, signals, expected
):
    appliance.kernel.write("proc/sys/kernel/hostname", "appliance-7\n")
    product = {"purpose": "p", "benefit": "b", "retention": "1 day", "resolution": "100ms"}
    appliance.write_offer(receiver.url, certificates.ca, product=product | {"signals": ["system.uptime", *signals]})
    appliance.write_consent({"product": "share"}, redact=redact)
    appliance.record()
    assert appliance.accord("upload").code == 0
    (value,) = {point.resource.get("host.name") for point in receiver.points() if point.kind != "event"}
    assert value == (digest(appliance, "appliance-7") if expected == "#" else expected)
    kept = b"appliance-7" in appliance.bytes_of_state()
    assert kept == (redact == {"host.name": "keep"})


def test_what_was_recorded_clear_does_not_leave_under_hash_even_if_the_agent_never_saw_it(sharing, receiver):
    sharing.kernel.write_interfaces(canary7x=COUNTERS)
    sharing.record()
    sharing.write_consent(BOTH, redact=HASHED)
    assert sharing.accord("upload").code == 0
    signals = {point.signal for point in receiver.points()}
    assert "system.cpu.time" in signals and not [name for name in signals if name.startswith("system.network")]


def test_preview_and_show_say_what_is_hashed_or_dropped_and_by_which_line(sharing):
    sharing.kernel.write_interfaces(canary7x=COUNTERS)
    sharing.write_consent(BOTH, redact={"network.interface.*": "hash", "os.build_id": "drop"})
    preview = sharing.accord("preview", "--signal", "system.network.io")
    assert "the hashes shown here are examples" in preview.err
    for line in preview.json:
        assert len(line["attributes"]["network.interface.name"]) == 64
        assert line["redactions"] == [
            {"key": "network.interface.name", "mode": "hash", "rule": f"{sharing.etc}/consent.toml:12"}
        ]
    text = sharing.accord("preview", json=False).out
    assert "shared by the customer (offer.toml:22); network.interface.name is hashed (consent.toml:12)" in text
    assert "deny: product, dropped by the customer (consent.toml:13)" in text
    show = sharing.accord("consent", "show", json=False).out
    assert "redacted: network.interface.name is hashed (consent.toml:12)" in show
    assert "redacted: os.build_id is dropped (consent.toml:13)" in show
    sharing.record()
    lines = sharing.accord("preview", "--signal", "system.network.io").json
    assert digest(sharing, "canary7x") in {line["attributes"]["network.interface.name"] for line in lines}


def test_check_says_where_a_redacted_name_leaves_all_the_same(sharing):
    def notes(**redact: str) -> list[str]:
        sharing.write_consent(BOTH, redact=redact)
        (checked,) = sharing.accord("consent", "check").json
        return [note for note in checked["notes"] if "interfaces have their names" in note]

    name, device = "network.interface.name", "system.device"
    (note,) = notes(**{name: "drop"})
    assert note.startswith(f"{name} is dropped (consent.toml:12): in system.network.packet.count interfaces")
    assert note.endswith(f"write {device} into [redact] too")
    # The other way round it is the other signals that say it.
    (note,) = notes(**{device: "hash"})
    assert f"under {name}, which is kept" in note
    assert notes(**{name: "drop", device: "hash"}) == notes(**{"os.build_id": "drop"}) == []


def test_a_pattern_that_matches_no_key_is_refused_with_the_nearest(sharing):
    sharing.write_consent(BOTH, redact={"hosts.*": "drop"})
    result = sharing.accord("consent", "check", json=False)
    assert result.code == 4
    assert 'consent.toml:12:1: "hosts.*" is no attribute of the catalog; expected a name or pattern that matches one; ' in (
        result.err
    )
    assert 'did you mean "host.*"?' in result.err
