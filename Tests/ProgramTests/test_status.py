"""`accord status` on a person's screen: it fits, it folds, it watches; and a program reads the same."""

import errno
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from appliance import Appliance, run, wait_for

COLUMNS, ROWS = 100, 24


@contextmanager
def terminal(appliance: Appliance, *arguments: str, columns: int = COLUMNS, rows: int = ROWS) -> Iterator[tuple]:
    """Runs `accord` at a terminal of that size; gives the process and a function that returns what it wrote so far."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = appliance.command("accord", *arguments)
    # A shell that starts the tests in its background has them ignore what Ctrl-C sends.
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    os.close(theirs)
    written = bytearray()

    def so_far(whole: bool = False) -> str:
        """With `whole`, waits until nobody has the terminal any more: what was written arrives a moment later."""
        os.set_blocking(ours, whole)
        try:
            while more := os.read(ours, 65536):
                written.extend(more)
        except OSError as error:
            assert error.errno == errno.EIO or not whole
        return written.decode()

    try:
        yield process, so_far
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def screen(appliance: Appliance, *arguments: str, **size: int) -> list[str]:
    """The lines that a command shows on a terminal."""
    with terminal(appliance, *arguments, **size) as (process, so_far):
        wait_for(lambda: process.poll() is not None, "the end of the command")
        return so_far(whole=True).replace("\r\n", "\n").splitlines()


def line_of(name: str, appliance: Appliance) -> str:
    """The line of that name: a finding may be about the same."""
    (line,) = re.findall(rf"^{name}  .*", appliance.accord("status", json=False).out, re.MULTILINE)
    return line


def test_the_ordinary_case_fits_a_terminal(sharing, receiver):
    sharing.write_settings(seal="1s")
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        wait_for(lambda: len(sharing.batches()) >= 2, "sealed batches")
        assert sharing.accord("upload").code == 0
        lines = screen(sharing, "status")
    assert len(lines) <= ROWS and max(map(len, lines)) <= COLUMNS
    assert lines[0].split(maxsplit=1) == ["health", "good: accord works, and Example Devices Ltd gets product, environment"]


def test_long_sentences_fold_at_a_terminal_and_nowhere_else(sharing, receiver):
    sharing.record()
    receiver.stop()
    assert sharing.accord("upload").code == 1
    plain = sharing.accord("status", json=False).out.splitlines()
    assert max(map(len, plain)) > COLUMNS
    for columns in (60, 80, 100, 200):
        lines = screen(sharing, "status", columns=columns)
        # A word that is longer than the line has one of its own.
        assert all(len(line) <= min(columns, 100) or " " not in line.strip() for line in lines)
        # The same words, and what is folded stands below its beginning.
        assert " ".join(" ".join(lines).split()) == " ".join(" ".join(plain).split())


def test_at_most_three_findings_are_shown_and_all_when_asked_for(appliance):
    appliance.kernel.become("small-arm64")
    appliance.write_consent({"product": "share", "environment": "share"})
    appliance.record()
    appliance.accord("upload")
    found = appliance.accord("status").json[0]["health"]
    assert len(found) >= 4
    few = appliance.accord("status", json=False).out
    assert f"and {len(found) - 3} more: accord status --all\n" in few
    assert [finding["sentence"] in few for finding in found] == [True] * 3 + [False] * (len(found) - 3)
    many = appliance.accord("status", "--all", json=False).out
    assert all(finding["sentence"] in many and finding["remedy"] in many for finding in found)


def test_no_name_of_a_device_reaches_the_terminal_with_its_control_characters(appliance):
    battery = "sys/class/power_supply/BAT9/"
    appliance.kernel.write(battery + "type", "Battery\n")
    appliance.kernel.write(battery + "capacity", "2\n")
    appliance.kernel.write(battery + "model_name", "evil\x1b]0;owned\x07\x1b[31m\u202e\n")
    appliance.write_consent({"product": "share", "environment": "share"})
    appliance.record()
    batch = appliance.batches("environment")[0]["id"]
    report = str(appliance.prefix / "report.html")
    for command in (
        ["status", "--all"], ["preview"], ["outbox", batch], ["outbox", "--readings"], ["report", "--output", report],
    ):  # fmt: skip
        shown = appliance.accord(*command, json=False).out
        assert "evil\\u{1B}]0;owned\\u{7}" in shown, command
        assert not [character for character in shown if character != "\n" and not character.isprintable()], command


def test_watching_at_a_terminal_takes_the_place_of_what_was_there(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        with terminal(sharing, "status", "--watch", "1") as (process, so_far):
            # Not the name of a line: on a busy machine a finding may speak of it too.
            wait_for(lambda: len(re.findall(r"\x1b\[\d+A", so_far())) >= 2, "three statuses")
            process.send_signal(signal.SIGINT)
            # Nothing is to be restored: the cursor is where it should be, and no other screen was used.
            assert process.wait(timeout=10) == -signal.SIGINT
            blocks = re.split(r"\x1b\[(\d+)A", so_far())
    first = blocks[0].count("\n")
    assert first == int(blocks[1]) and first < ROWS
    assert "\x1b[?" not in "".join(blocks) and "\x1b[2J" not in "".join(blocks)


def test_a_screen_that_is_too_small_shows_the_beginning(sharing):
    sharing.record()
    with terminal(sharing, "status", "--watch", "1", rows=6, columns=40) as (process, so_far):
        wait_for(lambda: "\x1b[5A" in so_far(), "the second status")
        assert so_far().split("\x1b[5A")[0].count("\n") == 5


def test_watching_elsewhere_prints_blocks_and_objects_and_ends_with_its_reader(sharing):
    sharing.record()
    for arguments, blank in ((["--watch", "1"], True), (["--watch=1", "--json"], False)):
        command = sharing.command("accord", "status", *arguments)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            lines: list[str] = []
            while sum(line.startswith(("health", "{")) for line in lines) < 2:
                lines.append(process.stdout.readline())
            process.stdout.close()
            assert process.wait(timeout=10) == 0
        assert ("\n" in lines) is blank
        if not blank:
            assert [json.loads(line)["daemon"]["is_running"] for line in lines] == [False, False]


@pytest.mark.parametrize("joined", [False, True], ids=["two words", "one word"])
@pytest.mark.parametrize("seconds", ["0", "3601", "soon", "1.5", "-1", ""])
def test_an_interval_that_is_none_is_refused(sharing, seconds, joined):
    words = [f"--watch={seconds}"] if joined else ["--watch", seconds]
    for command in (sharing.command("accord", "status", *words), [*sharing.command("accord", "status"), *words]):
        result = run(command)
        assert result.code == 2 and result.out == ""
        if joined or seconds.isdigit():
            assert "--watch takes whole seconds, 1 to 3600" in result.err


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (["--watch", "1"], 1),
        (["--watch=1"], 1),
        (["--watch=1", "--all"], 1),
        (["--all", "--watch=1"], 1),
        (["--watch"], 2),
        (["--watch", "--all"], 2),
        (["--watch=4"], 4),
    ],
)
def test_it_looks_again_after_the_seconds_that_were_said(sharing, words, seconds):
    sharing.record()
    command = [*sharing.command("accord", "status", *words), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        first = time.monotonic()
        process.stdout.readline()
        # A busy machine makes it later, and nothing makes it earlier.
        assert seconds * 0.9 <= time.monotonic() - first
        process.stdout.close()
        process.send_signal(signal.SIGTERM)


def test_a_receiver_that_fails_is_failing_since_its_first_failure(sharing, receiver):
    sharing.record()
    receiver.answer_next(503)
    receiver.answer_next(503)
    assert sharing.accord("upload").code == 1
    first = sharing.accord("status").json[0]["last_upload"]
    assert first["layer"] == "HTTP" and first["failing_since"] is not None
    time.sleep(1.1)
    receiver.stop()
    assert sharing.accord("upload").code == 1
    second = sharing.accord("status").json[0]["last_upload"]
    assert (second["layer"], second["failing_since"]) == ("TCP", first["failing_since"])


def test_a_removal_that_found_nothing_is_no_line(sharing):
    sharing.record()
    assert sharing.accord("consent", "set", "environment=deny").code == 0
    assert sharing.accord("consent", "set", "environment=share").code == 0
    assert sharing.accord("consent", "set", "environment=deny").code == 0
    text = sharing.accord("status", json=False).out
    assert "removed 1 batch" in text and "0 batches, 0 readings from" not in text


def test_a_client_certificate_that_ends_is_worth_a_word(sharing, certificates):
    for name, identity, state in (("ending", certificates.ending, "warning"), ("client", certificates.client, "ok")):
        shutil.copy(identity.certificate, sharing.etc / "client.pem")
        shutil.copy(identity.key, sharing.etc / "client.key")
        for file in ("client.pem", "client.key"):
            (sharing.etc / file).chmod(0o600)
        sharing.write_settings(upload={"client_cert": "client.pem", "client_key": "client.key"})
        settings = sharing.accord("doctor").json[0]["layers"][0]
        assert (settings["layer"], settings["state"]) == ("settings", state), name
        if state == "warning":
            end = datetime.fromisoformat(re.search(r" ends at (\S+): have it renewed", settings["text"])[1])
            assert timedelta(days=2) < end - datetime.now(UTC) < timedelta(days=4)


def test_agreeing_to_another_receiver_says_beforehand_what_it_removes(sharing, certificates):
    sharing.record()
    waiting = sharing.batches()
    readings = sum(batch["readings"] for batch in waiting)
    sharing.write_offer("https://localhost:9", certificates.ca)
    said = sharing.accord("consent", "accept", "--yes", "--by", "IT operations", json=False)
    sentence = f"Agreeing removes {len(waiting)} batches with {readings} readings: they wait for the receiver of before"
    assert sentence in said.out and said.out.index(sentence) < said.out.index("accepted: revision")
    sharing.record()
    assert not {batch["id"] for batch in waiting} & {batch["id"] for batch in sharing.batches() if batch["state"] == "pending"}
    again = sharing.accord("consent", "accept", "--yes", "--by", "IT operations", json=False)
    assert "Agreeing removes" not in again.out


@pytest.mark.parametrize(
    ("words", "meant"), [(["stauts"], "status"), (["doctr"], "doctor"), (["consent", "acept"], "accept")]
)
def test_a_command_that_is_misspelt_is_named(bare_appliance, words, meant):
    result = bare_appliance.accord(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"accord: there is no command '{words[-1]}'; did you mean '{meant}'?\n"


def test_what_was_accepted_is_remembered_when_the_spool_is_gone(sharing):
    sharing.record()
    assert "never tried" in sharing.accord("status", json=False).out
    assert sharing.accord("upload").code == 0
    for file in sharing.var.glob("spool.db*"):
        file.unlink()
    said = sharing.accord("status", json=False).out
    assert "nothing of what is kept was tried; something was last accepted at 20" in said and "never tried" not in said


def test_threads_count_against_what_the_kernel_allows_and_not_processes(appliance):
    appliance.kernel.write("proc/loadavg", "0.10 0.10 0.10 2/9990 99\n")
    appliance.kernel.write("proc/sys/kernel/threads-max", "100000\n")
    appliance.kernel.write("proc/sys/kernel/pid_max", "10000\n")
    said = appliance.accord("status", json=False).out
    assert "the kernel allows 10,000 threads, and 9,990 are there: the next may be refused" in said
    appliance.kernel.write("proc/sys/kernel/pid_max", "32768\n")
    assert "the kernel allows" not in appliance.accord("status", json=False).out


def test_counters_may_be_as_large_as_they_like(appliance):
    most = 2**63 - 1
    appliance.write_consent({"environment": "share"})
    appliance.kernel.write_interfaces(eth0=(0,) * 8)
    appliance.record()
    appliance.kernel.write_interfaces(eth0=(1_000, 1_000, most, most, 1_000, 1_000, most, most))
    result = appliance.accord("status", json=False)
    assert result.code == 0 and "health" in result.out


def test_only_what_left_nothing_has_never_run(appliance):
    assert line_of("accordd", appliance).endswith("not running, and never was here")
    appliance.record()
    (appliance.prefix / "run/accord/status.json").unlink()
    assert line_of("accordd", appliance).endswith("not running, and not since this machine started")
    assert "never did here" not in appliance.accord("status", "--all", json=False).out
    report = appliance.accord("report", "--output", "-", json=False).out
    assert "has not run since the machine started" in report and "never ran" not in report


@pytest.mark.parametrize("until", [None, date(2099, 1, 1)])
def test_an_offer_that_nobody_accepted_is_not_in_force(appliance, until):
    appliance.write_consent({"environment": "local"}, supplier=None, accepts=None, until=until)
    end = ", until 2099-01-01" if until else ""
    said = appliance.accord("status", "--all", json=False).out
    assert f"in force{end}; nothing is shared\n" in said
    assert "Example Devices Ltd offers revision 2, and nothing is shared until you agree" in said
    assert "In force with" not in appliance.accord("report", "--output", "-", json=False).out
    assert appliance.accord("status").json[0]["agreement"]["waiting_offer"] == {
        "supplier": "Example Devices Ltd", "revision": 2, "differences": [],
    }  # fmt: skip
    # Whoever agreed with another supplier has agreed to this one's offer as little, and is not asked to.
    appliance.write_consent({"environment": "local"}, supplier="Somebody Else", accepts=None)
    assert "offers revision" not in appliance.accord("status", "--all", json=False).out


@pytest.mark.parametrize("consent", [None, "local"])
def test_an_offer_with_a_mistake_is_seen_before_anybody_shares_something(appliance, consent):
    if consent:
        appliance.write_consent({"environment": consent}, supplier=None, accepts=None)
    appliance.write("offer.toml", "schema = 1\nfoo\n")
    (offer,) = [found for found in appliance.accord("status").json[0]["health"] if found["subject"] == "offer"]
    assert offer["level"] == "warning" and "offer.toml:2:" in offer["sentence"]
    assert "put the supplier's offer.toml beside it" not in appliance.accord("status", "--all", json=False).out


def test_the_clock_keeps_nothing_waiting_where_nothing_is_shared(appliance):
    for mode in ("local", "share"):
        appliance.write_consent({"environment": mode})
        clock = appliance.accord("status").json[0]["clock"]
        waits = mode == "share" and not clock["is_synchronised"] and not clock["is_trusted"]
        assert ("batches wait until" in line_of("clock", appliance)) is waits


def test_what_cannot_be_written_at_all_was_not_made_read_only_by_an_error(appliance):
    kernel = appliance.kernel
    line = "{id} 1 {id}:1 / {at} rw,relatime - {type} /dev/loop{id} ro\n"
    images = "".join(line.format(id=id, at=f"/opt/{type}", type=type) for id, type in enumerate(["squashfs", "erofs"]))
    kernel.write("proc/self/mountinfo", images)
    assert "read-only" not in appliance.accord("status", json=False).out
    kernel.write("proc/self/mountinfo", images + line.format(id=7, at=r"/media/my\040disk", type="ext4"))
    said = appliance.accord("status", json=False).out
    assert "/media/my disk was mounted for writing, and the kernel has made it read-only" in said
    appliance.write_settings(filesystems={"deny": ["/media/*"]})
    assert "read-only" not in appliance.accord("status", json=False).out, "it is none of the sampled ones"
