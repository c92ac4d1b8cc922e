"""apt install ./accord.deb, and nothing else: it runs, samples nothing, contacts nobody, and says so."""

import time

import pytest
from administrator import HALVES, UNITS


def test_a_fresh_installation_runs_and_comes_back_with_the_next_boot(installed):
    assert installed.is_active()
    assert installed.show("accordd.service", "UnitFileState") == "enabled"
    # The same unit by its other name.
    assert installed.show("accord.service", "Id") == "accordd.service"
    assert installed.is_active("accord-upload.timer")


def test_a_fresh_installation_has_no_half_of_the_agreement_and_says_that_nothing_is_sampled(installed):
    assert not [half for half in HALVES if installed.box.path(half).exists()]
    assert "no agreement: nothing is sampled, nobody is contacted" in installed.systemctl("status", "accordd").out
    assert "none: nothing is sampled or sent" in installed.accord("status").out


def test_a_fresh_installation_keeps_nothing_however_often_it_ticks(installed):
    installed.write_settings()
    installed.systemctl("restart", "accordd.service")
    installed.ticks(4)
    (status,) = installed.json("status")
    assert (status["agreement"]["state"], status["history"]["readings"], status["spool"]["pending"]) == ("none", 0, 0)
    assert installed.batches() == set()


def test_without_an_agreement_the_timers_run_is_no_failure_and_a_person_who_asks_is_told(installed):
    installed.systemctl("start", "accord-upload.service")
    assert installed.show("accord-upload.service", "Result") == "success"
    asked = installed.accord("upload", check=False)
    assert asked.code == 4 and "there is no consent" in asked.err


def test_the_user_of_the_package_can_neither_log_in_nor_own_its_programs(installed):
    name, _, number, _, _, home, shell = installed.box.shell("getent passwd accord").split(":")
    assert (name, home, shell) == ("accord", "/var/lib/accord", "/usr/sbin/nologin") and int(number) < 1000
    files = "/usr/bin/accord /usr/sbin/accordd /usr/lib/accord/restart-pause /etc/accord /etc/accord/accord.toml"
    assert installed.box.shell(f"stat --format=%U {files} | sort --unique") == "root"
    # No way for it to become root, and nothing that everybody may write.
    closed = "dpkg --listfiles accord | xargs -d '\\n' -I@ find @ -maxdepth 0 ! -type l -perm /7022"
    assert installed.box.shell(closed) == ""


def test_the_folders_are_closed_to_others_and_the_key_and_history_to_the_upload_have_one_of_their_own(installed):
    folders = "/var/lib/accord /var/lib/accord/private /run/accord /etc/accord"
    facts = installed.box.shell(f"stat --format='%n %a %U %G' {folders}")
    assert facts.splitlines() == [
        "/var/lib/accord 750 accord accord",
        "/var/lib/accord/private 750 accord accord",
        "/run/accord 755 accord accord",
        "/etc/accord 755 root root",
    ]


def test_systemd_finds_nothing_wrong_with_the_units(installed):
    verdict = installed.box.run("systemd-analyze", "verify", "--man=no", *UNITS, check=False)
    assert (verdict.code, verdict.out, verdict.err) == (0, "", "")


@pytest.mark.parametrize(("unit", "exposure"), [("accordd.service", 12), ("accord-upload.service", 20)])
def test_the_exposure_that_systemd_computes_is_low(installed, unit, exposure):
    verdict = installed.box.run("systemd-analyze", "security", f"--threshold={exposure}", unit, check=False)
    assert verdict.code == 0, verdict.out


def test_the_next_upload_can_be_seen_and_is_at_most_half_an_hour_away(installed):
    shown = installed.show("accord-upload.timer", "NextElapseUSecRealtime")
    next_run = int(installed.box.run("date", f"--date={shown}", "+%s").out)
    assert 0 < next_run - time.time() <= 1800 + 60
    assert "accord-upload.timer" in installed.systemctl("list-timers").out
    properties = ("Persistent", "FixedRandomDelay", "RandomizedDelayUSec")
    assert [installed.show("accord-upload.timer", name) for name in properties] == ["yes", "yes", "15min"]
