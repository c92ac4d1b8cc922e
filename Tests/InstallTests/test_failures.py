"""What keeps accordd from working: it says so with the place, tries again, and never gives up."""

import time

from box import wait_for

ACCORDD = "accordd.service"


def test_settings_with_a_mistake_are_refused_at_the_start_with_the_place_until_they_are_mended(sharing):
    begun = time.time()
    sharing.write("/etc/accord/accord.toml", '[sampling]\ninterval = "soon"\n')
    with sharing.provoking():
        assert sharing.systemctl("restart", ACCORDD, check=False).code != 0
        assert "/etc/accord/accord.toml:2:12" in sharing.messages(begun)
        sharing.write_settings()
        # Nobody starts it: that is its own next try.
        sharing.wait_until_active(10)
    sharing.ticks()


def test_twenty_failures_in_a_row_are_not_the_end(sharing):
    with sharing.provoking():
        for _ in range(20):
            before = sharing.main_pid()
            sharing.systemctl("kill", "--signal=KILL", "--kill-whom=main", ACCORDD)
            wait_for(lambda: sharing.show(ACCORDD, "SubState") == "auto-restart", "the failure", 10)
            sharing.systemctl("restart", ACCORDD)
            assert sharing.main_pid() != before
    sharing.ticks()
