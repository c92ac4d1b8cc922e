"""accord.toml is checked without starting, refused at the start, and read again when the service manager asks."""

import signal

import pytest
from appliance import Appliance, run, wait_for

WRONG = '[sampling]\ninterval = "soon"\n'
PLACE = "accord.toml:2:12: "


def reload(daemon, line: str) -> None:
    """Asks for the settings to be read again, and waits for what is said of them."""
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: line in daemon.log, f"{line!r} in {daemon.log!r}")


def test_a_check_names_the_place_and_begins_nothing(bare_appliance: Appliance):
    check = [*bare_appliance.command("accordd"), "--check"]
    done = run(check)
    assert (done.code, done.out, done.err) == (0, "", "")
    bare_appliance.write("accord.toml", WRONG)
    done = run(check)
    assert done.code == 1 and PLACE in done.err and len(done.err.splitlines()) == 1
    assert list(bare_appliance.var.iterdir()) == list(bare_appliance.run.iterdir()) == []


def test_settings_that_others_can_write_are_refused_by_check_and_start(bare_appliance: Appliance):
    bare_appliance.write_settings().chmod(0o666)
    for flags in (["--check"], []):
        done = run([*bare_appliance.command("accordd"), *flags])
        assert done.code == 1 and "its mode is 666" in done.err and "chmod go-w" in done.err
    assert list(bare_appliance.var.iterdir()) == []


def test_a_mistake_at_the_start_is_named_with_its_place(bare_appliance: Appliance):
    bare_appliance.write("accord.toml", WRONG)
    done = run(bare_appliance.command("accordd"))
    assert done.code == 1 and PLACE in done.err and len(done.err.splitlines()) == 1


def test_other_settings_are_followed_and_nothing_is_lost(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(5)
        sharing.write_settings(interval="200ms", upload={"rate": "64 KiB/s"})
        reload(daemon, "accord.toml was read again: other settings are in force")
        wait_for(lambda: daemon.status["interval_ms"] == 200, "the new interval")
        daemon.ticks(3)
    batches = sharing.batches("product")
    # What was in memory was sealed first; the readings of all ticks are there.
    assert len(batches) == 2 and min(batch["readings"] for batch in batches) >= 3
    assert len({batch["agreement"] for batch in batches}) == 1


def test_settings_that_say_the_same_change_nothing(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        sharing.write_settings()
        reload(daemon, "accord.toml was read again: it says what is in force")
        before = daemon.status["ticks"]
        daemon.ticks(2)
        assert daemon.status["ticks"] > before >= 2
    assert len(sharing.batches("product")) == 1


@pytest.mark.parametrize("mistake", ["text", "mode"])
def test_after_a_mistake_the_agent_goes_on_as_before(sharing, mistake):
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        if mistake == "text":
            sharing.write("accord.toml", WRONG)
        else:
            sharing.write_settings(interval="1s").chmod(0o666)
        reload(daemon, "the settings from before stay in force")
        assert PLACE in daemon.log or "its mode is 666" in daemon.log
        before = daemon.status["ticks"]
        daemon.ticks(3)
        assert daemon.status["interval_ms"] == 100 and daemon.status["ticks"] >= before + 3
    assert len(sharing.batches("product")) == 1
