"""The end: removed, everything that was said and kept stays and nothing runs; purged, nothing is left."""

import time

import pytest
import received
from administrator import DATABASES, HALVES, UNITS

# Everything outside the folders that are only in memory or the kernel's, and outside what the tests brought.
SEARCH = (
    "find / -xdev -path /root -prune -o -path /home -prune -o -path /var/log -prune -o -path /var/cache -prune "
    "-o -iname '*accord*' -print"
)


def test_nothing_was_worth_a_warning_that_no_test_provoked(sharing):
    assert sharing.journal()
    warnings = sharing.unprovoked_warnings()
    assert warnings == [], "\n".join(warnings)


@pytest.fixture(scope="module")
def kept(agreed) -> set[str]:
    """What waits when the package is removed."""
    return agreed.new_batches()


def test_removed_both_halves_and_the_databases_stay_and_nothing_is_sent_any_more(agreed, kept, receiver):
    halves, requests = agreed.facts(*HALVES), received.records(receiver.directory)
    agreed.apt("remove", "accord")
    assert agreed.facts(*HALVES) == halves
    assert all(agreed.box.path(path).exists() for path in DATABASES)
    assert not any(agreed.is_active(unit) for unit in UNITS)
    assert agreed.box.run("pgrep", "accord", check=False).out == ""
    assert not agreed.box.path("/usr/bin/accord").exists()
    agreed.box.reboot()
    time.sleep(2)
    assert not any(agreed.is_active(unit) for unit in UNITS)
    assert received.records(receiver.directory) == requests


def test_installed_again_it_goes_on_where_it_was(agreed, kept, newer_package):
    agreed.install(newer_package, "-o", "Dpkg::Options::=--force-confold")
    agreed.wait_until_active()
    agreed.ticks()
    assert kept <= agreed.batches()


def test_left_unpacked_by_dpkg_it_still_runs(agreed, package):
    """dpkg's question about accord.toml has nobody to answer it. From there dpkg runs no prerm of a removal."""
    agreed.write_settings(spool={"seal": "3s"})
    agreed.box.path(f"/root/{package.name}").write_bytes(package.read_bytes())
    install = ["apt-get", "--yes", "install", "--allow-downgrades", f"/root/{package.name}"]
    assert agreed.box.run(*install, check=False, stdin="").code != 0
    status = agreed.box.shell("dpkg-query --show --showformat='${db:Status-Abbrev}' accord")
    assert status.strip() == "iU" and agreed.box.run("pgrep", "accordd").out != ""


def test_purged_nothing_is_left_even_so(agreed):
    agreed.box.shell("userdel reader 2>/dev/null", check=False)
    agreed.apt("purge", "accord")
    assert agreed.box.run("pgrep", "accord", check=False).out == ""
    assert agreed.box.shell(SEARCH) == ""
    assert agreed.box.shell("ls -d /run/accord /run/systemd/system/accord* 2>/dev/null", check=False) == ""
    assert agreed.box.shell("getent passwd accord; getent group accord", check=False) == ""
    assert agreed.box.shell("find / -xdev \\( -nouser -o -nogroup \\) -print") == ""
    assert agreed.systemctl("list-units", "--all", "--plain", "--no-legend", "accord*").out == ""
    assert agreed.systemctl("is-system-running", check=False).out.strip() == "running"
