"""Day two: restarts, a kill, a hang, a reboot; and that who stops accordd stops the uploads."""

import re
import time

import received
from box import wait_for

ACCORDD, UPLOAD, TIMER = "accordd.service", "accord-upload.service", "accord-upload.timer"


def seconds_until_running(administrator, before: int) -> float:
    """How long until another process than `before` is the running accordd."""
    begun = time.monotonic()
    wait_for(lambda: administrator.is_active() and administrator.main_pid() not in (0, before), "another accordd", 60)
    return time.monotonic() - begun


def test_a_restart_takes_no_time_and_loses_nothing(sharing):
    waiting, before = sharing.batches(), sharing.main_pid()
    begun = time.monotonic()
    sharing.systemctl("restart", ACCORDD)
    assert time.monotonic() - begun < 3
    assert sharing.main_pid() != before
    assert waiting <= sharing.batches()
    assert sharing.is_active(TIMER)


def test_a_reload_reads_the_settings_again_without_a_restart(sharing):
    before = sharing.main_pid()
    sharing.write_settings(sampling={"interval": "2s"})
    sharing.systemctl("reload", ACCORDD)
    wait_for(lambda: sharing.status_file()["interval_ms"] == 2000, "the new interval")
    sharing.write_settings()
    sharing.systemctl("reload", ACCORDD)
    wait_for(lambda: sharing.status_file()["interval_ms"] == 1000, "the old interval")
    assert sharing.main_pid() == before


def test_settings_with_a_mistake_are_refused_by_a_reload_which_leaves_accordd_as_it_is(sharing):
    before, begun = sharing.main_pid(), time.time()
    sharing.write("/etc/accord/accord.toml", '[sampling]\nintervall = "1s"\n')
    with sharing.provoking():
        assert sharing.systemctl("reload", ACCORDD, check=False).code != 0
    assert "/etc/accord/accord.toml:2:1" in sharing.messages(begun)
    sharing.ticks(2)
    assert sharing.main_pid() == before
    sharing.write_settings()


def test_killed_it_is_back_after_five_seconds_with_all_that_was_sealed(sharing):
    waiting, before = sharing.batches(), sharing.main_pid()
    with sharing.provoking():
        sharing.systemctl("kill", "--signal=KILL", "--kill-whom=main", ACCORDD)
        assert 4.5 <= seconds_until_running(sharing, before) < 8
    assert waiting <= sharing.batches()


def test_hanging_it_is_ended_by_the_watchdog_and_started_again_after_a_longer_pause(sharing):
    sharing.drop_in(ACCORDD, "[Service]\nWatchdogSec=2s\n")
    sharing.systemctl("restart", ACCORDD)
    sharing.ticks()
    sharing.box.shell("echo \"1 $(cut -d. -f1 /proc/uptime)\" >/run/accord/failures")
    before, begun = sharing.main_pid(), time.time()
    with sharing.provoking():
        sharing.box.run("kill", "-STOP", str(before))
        # 2 s of silence, and the second failure in a row: 10 s.
        assert 11 <= seconds_until_running(sharing, before) < 16
        assert "watchdog" in sharing.messages(begun).lower()
        sharing.revert(ACCORDD)
        sharing.systemctl("restart", ACCORDD)
    assert sharing.main_pid() != before


def pausing(administrator) -> None:
    """Brings accordd into a long pause: the sixth failure in a row."""
    administrator.ticks()
    administrator.box.shell("echo \"5 $(cut -d. -f1 /proc/uptime)\" >/run/accord/failures")
    administrator.systemctl("kill", "--signal=KILL", "--kill-whom=main", ACCORDD)
    wait_for(lambda: administrator.show(ACCORDD, "SubState") == "start-pre", "the pause", 10)
    time.sleep(0.3)


def test_a_restart_by_hand_does_not_wait_for_the_pause_to_end(sharing):
    with sharing.provoking():
        pausing(sharing)
        assert "it is started 160 s after" in sharing.messages(time.time() - 10)
        begun = time.monotonic()
        sharing.systemctl("restart", ACCORDD)
        assert time.monotonic() - begun < 2
    sharing.ticks()
    # And the failures are forgotten.
    assert not sharing.box.run("test", "-e", "/run/accord/failures", check=False).code == 0


def test_a_restart_by_hand_right_after_a_failure_does_not_wait_either(sharing):
    with sharing.provoking():
        sharing.box.shell("echo \"5 $(cut -d. -f1 /proc/uptime)\" >/run/accord/failures")
        sharing.systemctl("kill", "--signal=KILL", "--kill-whom=main", ACCORDD)
        wait_for(lambda: sharing.show(ACCORDD, "SubState") == "auto-restart", "the failure", 10)
        begun = time.monotonic()
        sharing.systemctl("restart", ACCORDD)
        assert time.monotonic() - begun < 2
    sharing.systemctl("restart", ACCORDD)


def test_a_stop_during_the_pause_is_immediate_and_no_failure(sharing):
    with sharing.provoking():
        pausing(sharing)
        begun = time.monotonic()
        sharing.systemctl("stop", ACCORDD)
        assert time.monotonic() - begun < 2
    assert (sharing.show(ACCORDD, "ActiveState"), sharing.show(ACCORDD, "Result")) == ("inactive", "success")
    sharing.systemctl("start", ACCORDD)


def test_stopping_accordd_stops_the_timer_and_no_upload_can_be_started(sharing, receiver):
    requests = received.records(receiver.directory)
    sharing.systemctl("stop", ACCORDD)
    assert not sharing.is_active(TIMER)
    with sharing.provoking():
        begun = time.time()
        refused = sharing.systemctl("start", UPLOAD, check=False)
        by_command = sharing.accord("upload", check=False)
        said = sharing.messages(begun)
    assert refused.code != 0 and "dependency" in refused.err
    assert re.search(r"Dependency failed for accord-upload.service.*only while accordd runs", said)
    assert by_command.code == 1 and "accordd" in by_command.err
    assert received.records(receiver.directory) == requests
    sharing.systemctl("start", ACCORDD)
    assert sharing.is_active(TIMER)


def test_stopping_accordd_ends_an_upload_that_runs(sharing, receiver):
    receiver.answer_next(delay=20)
    sharing.systemctl("start", "--no-block", UPLOAD)
    wait_for(lambda: sharing.show(UPLOAD, "ActiveState") == "activating", "the upload")
    time.sleep(1)
    begun = time.monotonic()
    with sharing.provoking():
        sharing.systemctl("stop", ACCORDD)
    assert time.monotonic() - begun < 5
    assert sharing.show(UPLOAD, "ActiveState") in ("inactive", "failed")
    with sharing.provoking():
        sharing.systemctl("reset-failed", UPLOAD, check=False)
    sharing.systemctl("start", ACCORDD)


def test_a_reboot_keeps_the_spool_and_starts_everything_again(sharing):
    waiting = sharing.batches()
    sharing.box.reboot()
    sharing.wait_until_active()
    sharing.ticks()
    assert waiting <= sharing.batches()
    assert sharing.is_active(TIMER)
    assert sharing.systemctl("--failed", "--plain", "--no-legend", "list-units", "accord*").out == ""


def test_disabled_nothing_of_it_is_active_and_nothing_starts_with_the_next_boot(sharing):
    sharing.systemctl("disable", "--now", ACCORDD)
    try:
        assert not any(sharing.is_active(unit) for unit in (ACCORDD, TIMER, UPLOAD))
        sharing.box.reboot()
        assert not any(sharing.is_active(unit) for unit in (ACCORDD, TIMER, UPLOAD))
    finally:
        sharing.systemctl("enable", "--now", ACCORDD)
    assert sharing.is_active(ACCORDD) and sharing.is_active(TIMER)
