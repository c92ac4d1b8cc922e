"""What the customer's word does, with the real programs: silence, closed gates and what never appears anywhere."""

import shutil
import time
from datetime import date, timedelta

import pytest
from agreement_files import OFFER
from appliance import run, wait_for

TODAY = date.today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
HARDWARE_NAMED = "enx001122334455"
COUNTERS = (11, 12, 13, 14, 15, 16, 17, 18)


def outcomes(daemon) -> set[str]:
    """What the probes did for which there is a file; the kernel of these tests has few."""
    return {probe["outcome"] for probe in daemon.status["probes"]} - {"absent"}


def no_consent(appliance):
    pass


def everything_denied(appliance):
    appliance.write_consent({"product": "deny"})


def everything_local(appliance):
    appliance.write_consent({"product": "local", "environment": "local"})


def expired(appliance):
    appliance.write_consent({"product": "share", "environment": "share"}, until=YESTERDAY)


def malformed(appliance):
    appliance.write("consent.toml", "schema = 1\n[sources\n")


def another_revision(appliance):
    appliance.write_consent({"product": "share"}, accepts=1)


SILENCE = [
    (no_consent, 4, "there is no consent at "),
    (everything_denied, 3, "no source is shared"),
    (everything_local, 3, "no source is shared"),
    (expired, 4, f"the agreement ended on {YESTERDAY}, at 00:00 UTC"),
    (malformed, 4, "consent.toml:2:"),
    (another_revision, 4, "revision 1 of the offer was accepted"),
]


@pytest.mark.parametrize(("consent", "code", "words"), SILENCE, ids=[row[0].__name__ for row in SILENCE])
def test_without_an_agreement_that_shares_something_nobody_is_contacted(sharing, receiver, consent, code, words):
    sharing.record()
    (sharing.etc / "consent.toml").unlink()
    consent(sharing)
    result = sharing.accord("upload", json=False)
    assert (result.code, result.out) == (code, "")
    assert words in result.err and result.err.endswith("nothing was sent, and nobody was contacted\n")
    assert receiver.connections == 0


@pytest.mark.parametrize("consent", [row[0] for row in SILENCE], ids=[row[0].__name__ for row in SILENCE])
def test_rule_10_silence_means_no_look_up_of_names_either(sharing, tmp_path, consent):
    sharing.record()
    (sharing.etc / "consent.toml").unlink()
    consent(sharing)
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-e", "trace=network", "-o", str(trace)]
    if not shutil.which("strace") or run([*strace, "true"]).code != 0:
        pytest.skip("strace cannot be used here")
    assert run([*strace, *sharing.command("accord", "upload")]).code in (3, 4)
    calls = [line for line in trace.read_text().splitlines() if "exited with" not in line]
    assert calls == [], "an upload without an agreement made network calls"


@pytest.mark.parametrize("consent", [no_consent, everything_denied, expired, malformed])
def test_what_is_not_agreed_is_not_even_read_from_the_kernel(appliance, consent):
    consent(appliance)
    with appliance.daemon() as daemon:
        daemon.ticks(3)
        assert outcomes(daemon) == {"not-run"} and daemon.status["series"] == 0
    assert appliance.sql("history", "SELECT count(*) FROM batches") == [(0,)]
    assert appliance.sql("spool", "SELECT count(*) FROM batches") == [(0,)]
    assert not (appliance.var / "identity").exists()


def test_a_probe_runs_only_for_what_may_be_kept(appliance):
    appliance.write_consent({"product": "share"})
    with appliance.daemon() as daemon:
        daemon.ticks(2)
        assert daemon.probe("/proc/uptime")["outcome"] == "readings"
        assert {probe["file"] for probe in daemon.status["probes"] if probe["outcome"] != "not-run"} == {"/proc/uptime"}


def test_local_readings_stay_in_the_history(appliance, receiver):
    appliance.write_consent({"product": "share", "environment": "local"})
    appliance.record()
    assert {batch["source"] for batch in appliance.batches()} == {"product"}
    assert appliance.sql("history", "SELECT DISTINCT source FROM batches ORDER BY 1") == [(0,), (1,)]
    assert b"system.cpu" not in appliance.bytes_of_state("spool.db*")
    assert appliance.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product"}


def test_local_needs_no_offer_at_all(appliance):
    (appliance.etc / "offer.toml").unlink()
    appliance.write_consent({"environment": "local"}, supplier=None, accepts=None)
    appliance.record()
    assert appliance.sql("history", "SELECT count(*) > 0 FROM batches") == [(1,)]
    assert appliance.accord("consent", "check").code == 0
    assert appliance.accord("upload").code == 3


def test_a_withheld_signal_appears_nowhere(sharing, receiver):
    sharing.write_consent(
        {"product": "share", "environment": "share"}, withhold={"signals": ["system.network.*", "os.build_id"]}
    )
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        assert daemon.probe("/proc/net/dev")["outcome"] == "not-run"
    assert sharing.accord("upload").code == 0
    signals = {point.signal for point in receiver.points()}
    assert "system.cpu.time" in signals and not any("network" in signal for signal in signals)
    assert all("os.build_id" not in point.resource for point in receiver.points())
    kept = sharing.bytes_of_state()
    for trace in (b"system.network", b"eth0", b"build_id", b"2026-11-01"):
        assert trace not in kept
    decisions = {line["signal"]: (line["decision"], line["reason"]) for line in sharing.accord("preview").json}
    assert decisions["system.network.io"] == ("deny", "withheld by the customer")


def test_an_interface_named_after_its_hardware_address_appears_nowhere(sharing, receiver):
    sharing.kernel.write_interfaces(**{HARDWARE_NAMED: COUNTERS, "canary7x": COUNTERS})
    sharing.record()
    assert sharing.accord("upload").code == 0
    names = {point.attributes.get("network.interface.name") for point in receiver.points()}
    assert "canary7x" in names and HARDWARE_NAMED not in names
    assert HARDWARE_NAMED.encode() not in sharing.bytes_of_state()
    assert b"canary7x" in sharing.bytes_of_state()


def test_a_dropped_fact_appears_nowhere(sharing, receiver):
    sharing.write_consent({"product": "share"}, redact={"os.description": "drop", "os.name": "drop"})
    sharing.record()
    assert sharing.accord("upload").code == 0
    point, *_ = receiver.points()
    assert point.resource["os.version"] == "12" and not {"os.description", "os.name"} & point.resource.keys()
    assert b"bookworm" not in sharing.bytes_of_state()


def test_an_agreement_that_ends_while_the_agent_runs_is_held_and_nothing_is_removed(sharing, receiver):
    sharing.record()
    if sharing.accord("status").json[0]["clock"]["is_synchronised"]:
        pytest.skip("a synchronised clock is believed more than the receiver's")
    sharing.write_settings(seal="1s")
    sharing.write_consent({"product": "share", "environment": "share"}, until=TOMORROW)
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        assert outcomes(daemon) == {"readings"}
        # This machine's clock was set back: the supplier's answer over TLS says that the day has passed.
        later = time.gmtime(time.time() + 3 * 86_400)
        receiver.answer_next(headers={"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", later)})
        sharing.accord("upload")
        wait_for(lambda: outcomes(daemon) == {"not-run"}, "the closed gates")
        # At most the seal in which the daemon learned of it was added since.
        kept = len(sharing.batches())
        result = sharing.accord("upload", json=False)
        assert result.code == 4 and f"the agreement ended on {TOMORROW}, at 00:00 UTC" in result.err
        assert len(sharing.batches()) == kept > 0
        sharing.write_consent({"product": "share", "environment": "share"}, until=TODAY + timedelta(days=30))
        wait_for(lambda: outcomes(daemon) == {"readings"}, "the prolonged agreement")
    assert "nothing is sampled or sent until this is mended" in daemon.log


def test_a_consent_that_cannot_be_read_holds_and_removes_nothing(sharing, receiver):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        good = (sharing.etc / "consent.toml").read_text()
        sharing.write("consent.toml", good.replace("share", "shar"))
        wait_for(lambda: outcomes(daemon) == {"not-run"}, "the closed gates")
        # What was in memory is sealed, and waits.
        held = sharing.batches()
        assert {batch["source"] for batch in held} == {"product", "environment"}
        assert {batch["state"] for batch in held} == {"pending"}
        status = sharing.accord("status").json[0]
        assert status["agreement"]["state"] == "held"
        (problem,) = status["problems"]
        assert problem.endswith('unknown value "shar"; expected "deny", "local" or "share" (did you mean "share"?)')
        assert sharing.accord("upload").code == 4 and receiver.connections == 0
        sharing.write("consent.toml", good)
        wait_for(lambda: outcomes(daemon) == {"readings"}, "the mended agreement")
        daemon.ticks(3)
    # The grant went on: its numbers do too, and everything leaves.
    assert [(batch["grant"], batch["sequence"]) for batch in sharing.batches("product")] == [
        (held[0]["grant"], 1),
        (held[0]["grant"], 2),
    ]
    assert sharing.accord("upload").code == 0
    assert len(sharing.batches(verb="sent")) == 4


def test_the_customers_resolution_is_coarser_than_the_offers(sharing, receiver):
    sharing.write_consent({"product": "share", "environment": "share"}, resolution={"environment": "1s"})
    with sharing.daemon() as daemon:
        daemon.ticks(25)
    assert sharing.accord("upload").code == 0
    times = {source: [] for source in ("product", "environment")}
    for point in receiver.points():
        if point.signal in ("system.uptime", "system.cpu.load_average.1m"):
            times[point.source].append(point.time / 1e9)
    assert len(times["product"]) > 15 and 2 <= len(times["environment"]) <= 4
    # The kernel's loads are the same at every tick, so the mean of an interval is that value.
    loads = {point.value for point in receiver.points() if point.signal == "system.cpu.load_average.1m"}
    assert loads == {0.31}
    steps = [later - earlier for earlier, later in zip(times["environment"], times["environment"][1:])]
    assert all(step > 0.85 for step in steps)


def test_finer_batches_stay_when_the_agreement_has_become_coarser(sharing, receiver):
    sharing.record()
    shared = {"product": "share", "environment": "share"}
    sharing.write_consent(shared, resolution={"environment": "1min"})
    assert sharing.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product"}
    assert [batch["state"] for batch in sharing.batches("environment")] == ["pending"]
    sharing.write_consent(shared)
    assert sharing.accord("upload").code == 0
    assert sharing.batches() == []


def test_what_was_recorded_passes_the_agreement_of_the_moment_again_before_it_leaves(sharing, receiver, certificates):
    sharing.record()
    shared = {"product": "share", "environment": "share"}
    sharing.write_consent(
        shared, withhold={"signals": ["system.memory.*"]}, redact={"network.io.direction": "drop"}
    )
    narrower = OFFER["environment"] | {"signals": ["system.memory.*", "system.network.*", "system.cpu.time"]}
    sharing.write_offer(receiver.url, certificates.ca, environment=narrower)
    assert sharing.accord("upload").code == 0
    assert {point.signal for point in receiver.points() if point.source == "environment"} == {"system.cpu.time"}


def test_a_source_whose_terms_changed_is_held_alone_and_everybody_says_so(sharing, receiver, certificates):
    sharing.record()
    finer = OFFER["environment"] | {"resolution": "50ms"}
    sharing.write_offer(receiver.url, certificates.ca, environment=finer)
    check = sharing.accord("consent", "check", json=False)
    assert check.code == 4 and "the offer asks for a finer resolution than what was accepted" in check.err
    held = "nothing of environment is sent until this is mended; the rest goes on"
    assert check.err.endswith(f"; {held}\n")
    assert held in sharing.accord("status", json=False).out
    doctor = sharing.accord("doctor", json=False)
    assert doctor.code == 0 and "Example Devices Ltd gets product; the rest is held" in doctor.out
    assert sharing.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product"}


def test_what_is_asked_for_later_is_named_and_not_sent(sharing, receiver, certificates):
    sharing.write_offer(receiver.url, certificates.ca, product=OFFER["product"] | {"signals": ["os.*"]})
    sharing.record()
    sharing.write_offer(receiver.url, certificates.ca, product=OFFER["product"] | {"signals": ["os.*", "system.uptime"]})
    note = "note: asked for since the offer was accepted, and not sent: system.uptime\n"
    assert note in sharing.accord("consent", "check", json=False).out
    sharing.record()
    assert sharing.accord("upload").code == 0
    assert "system.uptime" not in {point.signal for point in receiver.points()}
