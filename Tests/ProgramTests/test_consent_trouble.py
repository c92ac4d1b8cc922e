"""Taking back by command where a file's time, a link or a busy ledger stands in the way: what the command says is so."""

import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
from appliance import Appliance, wait_for

SIGNAL = b"system.cpu"
YEAR_2040_SECONDS = 2_208_988_800


@pytest.fixture
def recorded(sharing: Appliance) -> Appliance:
    """Both sources were shared for a while."""
    sharing.record()
    assert SIGNAL in sharing.bytes_of_state("private/history.db*")
    return sharing


@pytest.mark.parametrize("target", ["ours.toml", "nowhere.toml"])
def test_a_full_revocation_replaces_a_link(recorded, target):
    (recorded.etc / "consent.toml").rename(recorded.etc / "ours.toml")
    (recorded.etc / "consent.toml").symlink_to(target)
    result = recorded.accord("consent", "revoke")
    assert result.code == 0, result.err
    assert SIGNAL not in recorded.bytes_of_state()
    assert (recorded.etc / "consent.toml.replaced").is_symlink()


def test_a_revocation_by_a_file_from_the_future_does_not_hold_the_word_of_a_command(recorded):
    path = recorded.write_consent({"product": "local", "environment": "local"})
    os.utime(path, (YEAR_2040_SECONDS, YEAR_2040_SECONDS))
    recorded.record()
    result = recorded.accord("consent", "revoke")
    assert result.code == 0, result.err
    assert SIGNAL not in recorded.bytes_of_state()
    assert recorded.accord("consent", "set", "environment=local").code == 0
    assert recorded.accord("consent", "check").code == 0


def test_a_ledger_that_is_busy_for_a_while_does_not_keep_a_command_from_removing(recorded):
    with closing(sqlite3.connect(recorded.var / "ledger.db", isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        command = recorded.command("accord", "consent", "revoke", "environment")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            wait_for(lambda: '"deny"' in (recorded.etc / "consent.toml").read_text(), "the new word")
            ledger.execute("ROLLBACK")
    assert process.returncode == 0
    assert SIGNAL not in recorded.bytes_of_state()
