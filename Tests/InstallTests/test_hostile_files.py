"""What root itself leaves in /etc/accord by mistake: accordd neither waits for it nor reads without end, and says so.

The agreement's halves are read at every tick that finds another one, so accordd has to go on; the settings at a start
and a reload, and a certificate whenever something is sent.
"""

import time

import pytest
from box import wait_for

ACCORDD, UPLOAD = "accordd.service", "accord-upload.service"
FOLDER = "/etc/accord"

# $1 is the file that is to be something else.
ODD = {
    "a pipe": 'mkfifo -m 644 "$1"',
    "a link": 'cp -a "$1.aside" /etc/elsewhere; ln -s /etc/elsewhere "$1"',
    "a dangling link": 'ln -s /nowhere "$1"',
    "a folder": 'mkdir "$1"',
    "a device": 'mknod "$1" c 1 5 || ln /dev/zero "$1"',
    "a huge file": 'truncate -s 2G "$1"',
}


@pytest.fixture(params=ODD)
def odd(request, sharing):
    """Puts something odd in the place of a file of /etc/accord, until the test ends."""
    replaced = []

    def put(name: str) -> str:
        path = f"{FOLDER}/{name}"
        sharing.box.run("sh", "-c", 'mv "$1" "$1.aside"', "odd", path)
        replaced.append(path)
        done = sharing.box.run("sh", "-c", ODD[request.param], "odd", path, check=False)
        if done.code != 0:
            pytest.skip(f"this machine lets nobody make {request.param} in a box: {done.err}")
        return request.param

    with sharing.provoking():
        yield put
        for path in replaced:
            sharing.box.run("sh", "-c", 'rm -rf "$1" /etc/elsewhere; mv "$1.aside" "$1"', "odd", path)
        sharing.systemctl("restart", ACCORDD)
        wait_for(lambda: "environment share" in sharing.show(ACCORDD, "StatusText"), "the agreement as it was")


@pytest.mark.parametrize("name", ["consent.toml", "offer.toml"])
def test_a_half_of_the_agreement_that_is_no_file_stops_the_sharing_and_not_accordd(sharing, odd, name):
    pid, begun = sharing.main_pid(), time.time()
    what = odd(name)
    wait_for(lambda: "share" not in sharing.show(ACCORDD, "StatusText").split("shared")[0], f"the end of sharing with {what}", 10)
    ticks = sharing.status_file()["ticks"]
    time.sleep(3)
    assert sharing.main_pid() == pid and sharing.status_file()["ticks"] >= ticks + 2
    assert sharing.status_file()["missed_ticks"] <= 1
    if what != "a dangling link":
        assert f"{FOLDER}/{name}" in sharing.messages(begun)
    said = sharing.box.run("timeout", "20", "accord", "status", check=False)
    assert said.code != 124 and name in said.out + said.err, said
    for words in (("consent", "show"), ("consent", "set", "product=local"), ("upload",)):
        assert sharing.box.run("timeout", "20", "accord", *words, check=False).code not in (124, 137), words


def test_settings_that_are_no_file_are_refused_by_a_reload_and_by_a_start(sharing, odd):
    pid, begun = sharing.main_pid(), time.time()
    what = odd("accord.toml")
    # A link is followed here: an image may keep the settings elsewhere. One that leads nowhere is no file at all.
    if what == "a link":
        assert sharing.box.run("timeout", "20", "systemctl", "reload", ACCORDD).code == 0
        return
    refused = sharing.box.run("timeout", "20", "systemctl", "reload", ACCORDD, check=False)
    sharing.ticks(2)
    assert sharing.main_pid() == pid
    if what != "a dangling link":
        assert refused.code == 1 and f"{FOLDER}/accord.toml" in sharing.messages(begun)
        start = sharing.box.run("timeout", "20", "systemctl", "restart", ACCORDD, check=False)
        assert start.code == 1, start


def test_certificates_that_are_no_file_keep_everything_here(sharing, odd):
    what = odd("supplier-ca.pem")
    sharing.new_batches()
    waiting = sharing.batches()
    refused = sharing.box.run("timeout", "20", "accord", "upload", check=False)
    if what == "a link":
        assert refused.code == 0, refused
        return
    assert refused.code in (1, 4) and "supplier-ca.pem" in refused.err, refused
    assert waiting <= sharing.batches()
    sharing.ticks(2)


def test_an_upload_for_which_systemd_reads_a_pipe_waits_alone_and_can_be_stopped(sharing):
    """Of a pipe that nobody writes nothing comes: the unit's time for a start ends that, or whoever stops it."""
    sharing.box.shell(f"mkfifo -m 600 {FOLDER}/headers")
    try:
        with sharing.provoking():
            sharing.systemctl("start", "--no-block", UPLOAD)
            sharing.new_batches()
            begun = time.monotonic()
            sharing.systemctl("restart", ACCORDD)
            assert time.monotonic() - begun < 5
            sharing.systemctl("stop", UPLOAD)
    finally:
        sharing.box.shell(f"rm {FOLDER}/headers; systemctl reset-failed {UPLOAD}", check=False)
