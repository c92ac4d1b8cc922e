"""The rig of the program tests, without the programs."""

import tomllib
from datetime import date

import pytest
from agreement_files import toml
from appliance import wait_for


def test_what_is_written_as_toml_is_read_back():
    values = {
        "text": 'a "quoted" \\ line\n and ü',
        "number": -3,
        "truth": True,
        "day": date(2026, 11, 21),
        "list": ["a", "b.*"],
        "table": {"host.name": "hash", "plain_key-1": ""},
        "empty": {},
    }
    assert tomllib.loads(toml(values)) == values


def test_both_halves_are_valid_toml_that_only_their_owner_can_write(appliance):
    appliance.write_consent({"product": "share"}, until=None, withhold={"signals": ["system.network.*"]})
    consent = tomllib.loads((appliance.etc / "consent.toml").read_text())
    offer = tomllib.loads((appliance.etc / "offer.toml").read_text())
    assert consent["accepts"] == offer["revision"] and consent["supplier"] == offer["supplier"]
    assert consent["withhold"] == {"signals": ["system.network.*"]} and "until" not in consent
    assert (appliance.etc / offer["delivery"]["ca_file"]).exists()
    assert all(file.stat().st_mode & 0o022 == 0 for file in appliance.etc.iterdir())


def test_a_kernel_file_changes_under_an_open_descriptor(appliance):
    with open(appliance.kernel.write("proc/loadavg", "0.11 0.22 0.33 1/2 3\n")) as kept:
        appliance.kernel.write("proc/loadavg", "0.4\n")
        assert kept.read() == "0.4\n"


def test_waiting_returns_what_was_found_and_ends():
    results = iter([None, [], "found"])
    assert wait_for(lambda: next(results), "anything") == "found"
    with pytest.raises(AssertionError, match="no sign of rain within"):
        wait_for(lambda: False, "rain", seconds=0.05)
