"""The first day: an offer, a yes, batches, uploads by each of the three ways, and an edit by hand."""

import time

import received
from administrator import AS_ACCORD, TICK_SECONDS
from box import wait_for


def points(receiver, since: int):
    return [point for request in received.requests(receiver.directory, since) for point in received.points(request)]


def requests(receiver) -> int:
    return len(received.records(receiver.directory))


def test_an_offer_alone_changes_nothing(installed, receiver, certificates):
    if installed.box.path("/etc/accord/consent.toml").exists():
        installed.box.path("/etc/accord/consent.toml").unlink()
    installed.write_settings()
    installed.write_offer(receiver.url, certificates.ca)
    installed.systemctl("restart", "accordd.service")
    installed.ticks(3)
    installed.systemctl("start", "accord-upload.service")
    assert installed.batches() == set()
    assert requests(receiver) == 0


def test_after_one_yes_batches_appear(agreed):
    agreed.new_batches()
    assert {batch["source"] for batch in agreed.json("outbox")} == {"product", "environment"}
    assert "sampling: product share, environment share" in agreed.systemctl("status", "accordd").out


def test_the_unit_delivers_what_waits(sharing, receiver):
    waiting, before = sharing.batches(), requests(receiver)
    sharing.systemctl("start", "accord-upload.service")
    assert waiting <= sharing.batches("sent")
    signals = {point.signal for point in points(receiver, before + 1)}
    assert {"system.uptime", "system.memory.usage", "accord.delivery"} <= signals


def test_root_types_accord_upload_and_the_unit_does_it_and_shows_what_it_did(sharing, receiver):
    waiting = sharing.batches()
    run = sharing.show("accord-upload.service", "InvocationID")
    shown = sharing.accord("upload").out
    assert sharing.show("accord-upload.service", "InvocationID") != run
    assert "accepted in 1 request" in shown
    assert waiting <= sharing.batches("sent")


def test_the_timer_uploads_by_itself(sharing, receiver):
    waiting, timer = sharing.batches(), "accord-upload.timer"
    sharing.drop_in(timer, "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=100ms\n")
    try:
        sharing.systemctl("restart", timer)
        wait_for(lambda: waiting <= sharing.batches("sent"), "an upload of the timer's")
    finally:
        sharing.revert(timer)
        sharing.systemctl("restart", timer)


def test_headers_and_client_key_that_only_root_can_read_reach_the_upload_and_nobody_else(sharing, receiver):
    sharing.write("/etc/accord/headers", "Authorization: Bearer secret-of-the-site\n", mode=0o600)
    sharing.write_settings(upload={"headers_file": "headers"})
    try:
        before = requests(receiver)
        sharing.systemctl("start", "accord-upload.service")
        sent = list(received.requests(receiver.directory, before + 1))
        assert sent and {request.headers["authorization"] for request in sent} == {"Bearer secret-of-the-site"}
        assert sharing.box.run(*AS_ACCORD, "cat", "/etc/accord/headers", check=False).code != 0
    finally:
        sharing.box.path("/etc/accord/headers").unlink()
        sharing.write_settings()
        with sharing.provoking():
            sharing.systemctl("reset-failed", "accord-upload.service", check=False)


def test_an_edit_by_hand_works_within_a_tick(sharing):
    begun = time.monotonic()
    sharing.box.run("sed", "-i", 's/^environment *= "share"/environment = "deny"/', "/etc/accord/consent.toml")
    wait_for(lambda: sharing.show("accordd.service", "StatusText") == "sampling: product share", "the edit's effect")
    # A tick, and the time that asking takes.
    assert time.monotonic() - begun < 2.5 * TICK_SECONDS
    sharing.box.run("sed", "-i", 's/^environment = "deny"/environment = "share"/', "/etc/accord/consent.toml")
    wait_for(lambda: "environment share" in sharing.show("accordd.service", "StatusText"), "the edit's effect")


def test_a_member_of_the_group_reads_everything_and_writes_nothing(sharing):
    sharing.box.shell("id reader >/dev/null 2>&1 || useradd --groups accord reader")
    as_reader = ["setpriv", "--reuid=reader", "--regid=reader", "--init-groups"]
    for words in (["status"], ["outbox"], ["sent"], ["ledger"], ["consent", "show"], ["preview"]):
        assert sharing.box.run(*as_reader, "accord", *words, check=False).code == 0, words
    for words in ("consent revoke", "consent set product=deny", "consent accept --yes", "upload"):
        refused = sharing.box.run(*as_reader, "accord", *words.split(), check=False)
        assert refused.code == 1 and "root" in refused.err, (words, refused)
