"""Taking back what was agreed: gates close within a tick, nothing of it leaves, and what was kept is removed."""

import fcntl
import subprocess
import time

from appliance import Appliance, wait_for

CANARY = "canary7x"
COUNTERS = (11, 12, 13, 14, 15, 16, 17, 18)

# As the product promises: a word in a file is followed by deletion when it has stood for so long.
SETTLING_SECONDS = 30


def say(appliance: Appliance, before: str, after: str) -> None:
    """Changes consent.toml as an administrator does, by hand and in place."""
    subprocess.run(["sed", "-i", f"s/^{before}$/{after}/", appliance.etc / "consent.toml"], check=True)


def is_read(daemon, file: str) -> bool:
    return daemon.probe(file)["outcome"] != "not-run"


def received_sources(receiver, since: int = 0) -> set[str]:
    return {point.source for point in receiver.points() if point.kind != "event" and point.request > since}


def test_a_denied_source_leaves_at_once_and_its_traces_after_half_a_minute(sharing, receiver):
    sharing.kernel.write_interfaces(**{CANARY: COUNTERS})
    sharing.write_settings(seal="1s")
    with sharing.daemon() as daemon:
        wait_for(lambda: len(sharing.batches("environment")) > 1, "sealed batches")
        assert sharing.accord("upload").code == 0
        wait_for(lambda: sharing.batches("environment"), "another batch")
        assert CANARY.encode() in sharing.bytes_of_state("spool.db*")
        assert CANARY.encode() in sharing.bytes_of_state("private/history.db*")
        pseudonym = sharing.accord("status").json[0]["pseudonym"]

        begun = time.monotonic()
        say(sharing, 'environment = "share"', 'environment = "deny"')
        wait_for(lambda: not is_read(daemon, "/proc/stat"), "the closed gate", seconds=2)
        assert is_read(daemon, "/proc/uptime")

        before = len(receiver.requests)
        assert sharing.accord("upload").code == 0
        assert received_sources(receiver, before) == {"product"}
        assert {batch["state"] for batch in sharing.batches("environment")} == {"closed"}
        due = sharing.accord("status").json[0]["daemon"]["deletion_due_s"]
        assert SETTLING_SECONDS - 10 <= due <= SETTLING_SECONDS
        assert CANARY.encode() in sharing.bytes_of_state("private/history.db*"), "removed before the word had settled"

        wait_for(lambda: CANARY.encode() not in sharing.bytes_of_state(), "the deletion", seconds=60)
        assert time.monotonic() - begun >= SETTLING_SECONDS - 1
        wait_for(sharing.are_deletions_done, "the finished deletion")
        status = sharing.accord("status").json[0]
        assert {(entry["source"], entry["database"]) for entry in status["deletions"]} == {
            ("environment", "spool"),
            ("environment", "history"),
        }
        for entry in status["deletions"]:
            assert entry["rule"].endswith("consent.toml:9") and entry["batches"] > 0 and entry["readings"] > 0
        assert sharing.batches("environment") == [] and sharing.batches("environment", "sent") == []
        assert b"system.cpu" not in sharing.bytes_of_state() and b"system.memory" not in sharing.bytes_of_state()
        # The other source, its history and its pseudonym are as they were.
        assert sharing.batches("product", "sent") and status["pseudonym"] == pseudonym
        assert sharing.accord("upload").code == 0
        assert received_sources(receiver, before) == {"product"}

    assert f"environment is no longer agreed ({sharing.etc}/consent.toml:9)" in daemon.log


def test_a_full_revocation_survives_a_power_cut_and_sharing_again_is_somebody_else(sharing, receiver):
    sharing.record()
    assert sharing.accord("upload").code == 0
    sharing.record()
    old = sharing.accord("status").json[0]["pseudonym"]
    sharing.write_consent({})
    # Somebody is delivering, so that the spool cannot be rewritten yet: the deletion is owed.
    with open(sharing.var / "upload.lock") as lock, sharing.daemon() as daemon:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wait_for(lambda: not (sharing.var / "identity").exists(), "the end of the pseudonym", seconds=60)
        wait_for(lambda: daemon.status["is_deletion_owed"], "what is owed")
        owed = [entry for entry in sharing.accord("status").json[0]["deletions"] if not entry["done"]]
        assert {(entry["source"], entry["database"]) for entry in owed} >= {
            ("product", "spool"),
            ("environment", "spool"),
        }
        assert sharing.batches() == [] and sharing.batches(verb="sent") == []
        assert b"system.uptime" in sharing.bytes_of_state("spool.db*")
        daemon.kill()
    with sharing.daemon() as daemon:
        wait_for(sharing.are_deletions_done, "the finished deletions")
        status = sharing.accord("status").json[0]
        assert status["pseudonym"] is None
        assert status["history"] == {"batches": 0, "readings": 0, "bytes": 0, "lost": 0}
        assert (status["spool"]["pending"], status["spool"]["sent"], status["spool"]["bytes"]) == (0, 0, 0)
        kept = sharing.bytes_of_state()
        for trace in (b"system.", b"eth0", b"os.version", b"bookworm", old.encode()):
            assert trace not in kept
        before = len(receiver.requests)
        sharing.write_consent({"product": "share"})
        wait_for(lambda: is_read(daemon, "/proc/uptime"), "the open gate")
        daemon.ticks(3)
    assert sharing.accord("upload").code == 0
    new = {point.resource["service.instance.id"] for point in receiver.points() if point.request > before}
    assert len(new) == 1 and old not in new


def test_what_was_taken_back_is_not_sent_even_if_the_agent_never_saw_it(sharing, receiver):
    sharing.record()
    say(sharing, 'environment = "share"', 'environment = "deny"')
    assert sharing.accord("upload").code == 0
    assert received_sources(receiver) == {"product"}
    assert [batch["state"] for batch in sharing.batches("environment")] == ["pending"]


def test_sharing_again_is_a_new_grant_and_the_old_one_never_leaves(sharing, receiver):
    sharing.record()
    (old,) = sharing.batches("environment")
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        say(sharing, 'environment = "share"', 'environment = "deny"')
        wait_for(lambda: not is_read(daemon, "/proc/stat"), "the closed gate")
        again = time.time_ns()
        say(sharing, 'environment = "deny"', 'environment = "share"')
        wait_for(lambda: is_read(daemon, "/proc/stat"), "the open gate")
        daemon.ticks(3)
    new = [batch for batch in sharing.batches("environment") if batch["state"] == "pending"]
    assert [batch["sequence"] for batch in new] == [1]
    assert new[0]["grant"] != old["grant"]
    assert sharing.accord("upload").code == 0
    points = [point for point in receiver.points() if point.source == "environment"]
    assert points and min(point.time for point in points) >= again - 250_000_000
    assert min(point.start for point in points if point.is_monotonic) >= again - 250_000_000
    closed = sharing.batches("environment")
    assert old["id"] in [batch["id"] for batch in closed] and {batch["state"] for batch in closed} == {"closed"}
    # The product's grant did not change.
    product = sharing.batches("product", "sent")
    assert {batch["grant"] for batch in product} == {product[0]["grant"]}
    assert [batch["sequence"] for batch in product] == list(range(1, len(product) + 1))


def test_a_word_that_was_taken_back_in_time_removes_nothing(sharing):
    sharing.record()
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        agreed = daemon.status["fingerprint"]
        say(sharing, 'environment = "share"', 'environment = "deny"')
        wait_for(lambda: daemon.status["fingerprint"] != agreed, "the narrower agreement")
        say(sharing, 'environment = "deny"', 'environment = "local"')
        wait_for(lambda: is_read(daemon, "/proc/stat"), "the wider agreement")
        daemon.ticks(3)
    assert sharing.accord("status").json[0]["deletions"] == []
    # Readings in memory go with the word, at once; what had been sealed is still there.
    assert sharing.sql("history", "SELECT count(*) FROM batches WHERE source = 1")[0][0] >= 2


def test_another_receiver_or_supplier_is_another_grant(sharing, receiver, certificates):
    sharing.record()
    (old,) = sharing.batches("product")
    sharing.agree_anew(3, receiver.url.replace("localhost", "127.0.0.1"), certificates.ca)
    sharing.record()
    states = {batch["grant"]: batch["state"] for batch in sharing.batches("product")}
    assert len(states) == 2 and states[old["grant"]] == "closed"
    assert sharing.accord("upload").code == 0
    assert [batch["sequence"] for batch in sharing.batches("product", "sent")] == [1]
