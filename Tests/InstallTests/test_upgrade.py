"""Another version comes: what the customer said, what waits and what the administrator set stay as they are."""

import hashlib

import pytest
from administrator import AS_ACCORD, DATABASES, HALVES
from box import wait_for
from repack import ADDED_COMMENT, VERSION_ADDED

KEEP = ("-o", "Dpkg::Options::=--force-confold")
SETTINGS = "/etc/accord/accord.toml"
NEWER_SCHEMA = 9_999


def version(administrator) -> str:
    return administrator.box.shell("dpkg-query --show --showformat='${Version} ${db:Status-Abbrev}' accord").strip()


@pytest.fixture
def halves_untouched(sharing):
    """Neither half of the agreement is touched, whatever the test does to the package."""
    before = sharing.facts(*HALVES)
    yield
    assert sharing.facts(*HALVES) == before


def test_an_upgrade_keeps_the_spool_the_settings_and_the_agreement(sharing, newer_package, halves_untouched):
    waiting, before, settings = sharing.batches(), sharing.main_pid(), sharing.facts(SETTINGS)
    (identity,) = (found["pseudonym"] for found in sharing.json("status"))
    sharing.install(newer_package, *KEEP)
    assert version(sharing).endswith(f"{VERSION_ADDED} ii")
    sharing.wait_until_active()
    assert sharing.main_pid() != before
    assert waiting <= sharing.batches()
    assert sharing.facts(SETTINGS) == settings
    # What the package would have put there lies beside it.
    assert sharing.box.path(f"{SETTINGS}.dpkg-dist").read_text().startswith(ADDED_COMMENT)
    assert [found["pseudonym"] for found in sharing.json("status")] == [identity]
    sharing.new_batches()


def test_reinstalling_and_reconfiguring_touch_nothing(sharing, newer_package, halves_untouched):
    settings = sharing.facts(SETTINGS)
    sharing.install(newer_package, "--reinstall", *KEEP)
    sharing.box.run("dpkg-reconfigure", "accord")
    sharing.wait_until_active()
    assert sharing.facts(SETTINGS) == settings


def test_an_older_accordd_refuses_newer_databases_and_leaves_them_byte_for_byte(
    sharing, package, newer_package, halves_untouched
):
    sharing.systemctl("stop", "accordd")
    versions = {path: sharing.box.run("sqlite3", path, "PRAGMA user_version").out.strip() for path in DATABASES}
    for path in DATABASES:
        sharing.box.run(*AS_ACCORD, "sqlite3", path, f"PRAGMA user_version = {NEWER_SCHEMA}")

    def sums() -> dict[str, str]:
        return {path: hashlib.sha256(sharing.box.path(path).read_bytes()).hexdigest() for path in DATABASES}

    before = sums()
    with sharing.provoking():
        sharing.install(package, "--allow-downgrades", *KEEP)
        assert not version(sharing).endswith(f"{VERSION_ADDED} ii")
        sharing.systemctl("restart", "accordd", check=False)
        wait_for(lambda: sharing.show("accordd", "SubState") in ("auto-restart", "start-pre"), "a refusal")
        assert not sharing.is_active()
        assert "newer" in sharing.messages()
        assert sums() == before
        sharing.systemctl("stop", "accordd")
        sharing.install(newer_package, *KEEP)
        for path, number in versions.items():
            sharing.box.run(*AS_ACCORD, "sqlite3", path, f"PRAGMA user_version = {number}")
        sharing.systemctl("restart", "accordd")
    sharing.ticks()
    sharing.new_batches()
