"""Whatever an appliance suffers from, a stranger is led to the cause: the sentence that names it stands on the first
screen of every command that support staff use."""

import html
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from appliance import Appliance, run, wait_for
from dump_archive import DumpArchive
from installed import NEXT_UPLOAD
from situations import SITUATIONS, Situation, Ward, mend

# The lines of `accord status` that are looked at first: the verdict and three findings with what to do.
FIRST_LINES = 8


def first_screen(page: str) -> str:
    """What stands on the page before the appliance is described: its health."""
    text = html.unescape(re.sub(r"<[^>]+>", "", page.partition("</style>")[2].partition('id="appliance"')[0]))
    return re.sub(r"\s+", " ", text)


def dumped_screen(appliance: Appliance) -> str:
    """The index page of a dump that holds what is kept here, as whoever opens it sees it first. Names are others in it."""
    with tempfile.TemporaryDirectory() as folder:
        done = appliance.accord("dump", "--include-local", "--output", folder, "--only", "page,status")
        assert done.code == 0, done.err
        return first_screen(DumpArchive(Path(done.json[0]["path"])).files["index.html"].decode())


# What each command shows first. A situation says under the command's name which sentence is to be found there.
SCREENS: dict[str, Callable[[Appliance], str]] = {
    "status": lambda appliance: "\n".join(appliance.accord("status", json=False).out.splitlines()[:FIRST_LINES]),
    "doctor": lambda appliance: appliance.accord("doctor", json=False).out,
    "report": lambda appliance: first_screen(appliance.accord("report", "--output", "-", json=False).out),
    "dump": dumped_screen,
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_stranger_is_led_to_the_cause(situation: Situation, ward: Ward):
    with situation.make(ward) as appliance:
        for command, screen in SCREENS.items():
            sentence = situation.sentence(command)
            if sentence is not None:
                assert sentence.format(var=appliance.var, etc=appliance.etc) in screen(appliance), command


@pytest.mark.parametrize("machine", [None, "industrial-x86", "small-arm64", "container"])
def test_nothing_is_found_of_a_healthy_machine(ward: Ward, machine: str | None):
    with ward.stack:
        appliance = mend(ward.appliance(machine))
        # Ten ticks a second are too many for a machine that runs other tests beside this one, and it would say so.
        appliance.write_settings(interval="1s", seal="1s")
        ward.sealed(appliance)
        assert appliance.accord("upload").code == 0
        (status,) = appliance.accord("status").json
        assert [finding for finding in status["health"] if finding["level"] != "notice"] == []
        assert {finding["subject"] for finding in status["health"]} <= {"clock"}
        screen = appliance.accord("status", json=False).out
        verdict = "good: accord works, and Example Devices Ltd gets product, environment"
        assert screen.splitlines()[0].split(maxsplit=1)[1] == verdict, screen


def test_what_is_found_has_stable_keys_and_the_worst_comes_first(ward: Ward):
    with SITUATIONS["a power cut"].make(ward) as appliance:
        (status,) = appliance.accord("status").json
        levels = [finding["level"] for finding in status["health"]]
        assert levels == sorted(levels, key=["critical", "warning", "notice"].index) and len(levels) >= 2
        for finding in status["health"]:
            assert finding.keys() == {"level", "source", "subject", "sentence", "remedy"}
        sources = {finding["subject"]: finding["source"] for finding in status["health"]}
        assert (sources["fan"], sources["power"]) == ("environment", "environment")
        assert status["next_upload"] is None


def test_looking_stores_nothing(ward: Ward):
    with ward.stack:
        appliance = ward.appliance("industrial-x86")
        appliance.record()
        before = {file: file.read_bytes() for file in appliance.var.rglob("*.db")}
        assert run(appliance.command("accord", "status", "--all")).code == 0
        assert {file: file.read_bytes() for file in appliance.var.rglob("*.db")} == before


def test_the_next_upload_is_the_timer_s(ward: Ward):
    with ward.stack:
        installed = ward.installed()
        assert installed.accord("status").json[0]["next_upload"] == NEXT_UPLOAD
        assert f"\nnext upload    {NEXT_UPLOAD}\n" in installed.accord("status", json=False).out
        units = f"accordd.service and accord-upload.timer are active; the next upload is at {NEXT_UPLOAD}"
        assert units in installed.accord("doctor", json=False).out
        installed.write_consent({"environment": "local"})
        assert installed.accord("status").json[0]["next_upload"] is None
        assert "next upload  " in (text := installed.accord("status", json=False).out)
        assert "none, because nothing is shared" in text


def test_a_systemctl_that_fails_is_no_machine_without_systemd(ward: Ward):
    with ward.stack:
        installed = ward.installed()
        installed.let_systemctl_fail()
        (units,) = [layer for layer in installed.accord("doctor").json[0]["layers"] if layer["layer"] == "units"]
        assert units["state"] == "warning" and units["text"].startswith("systemctl failed, so nothing is known of the units")
        assert "not known: systemctl failed" in installed.accord("status", json=False).out
        (installed.prefix / "run/systemd/system").rmdir()
        assert "there is no systemd here" in installed.accord("doctor", json=False).out


@pytest.mark.parametrize("interrupted", [False, True], ids=["timed out", "interrupted"])
def test_a_section_leaves_nothing_running_that_it_has_started(ward: Ward, interrupted: bool):
    def sleepers() -> list[str]:
        return subprocess.run(["pgrep", "--full", f"^sleep {seconds}$"], capture_output=True, text=True).stdout.split()

    seconds = 100_000 + os.getpid()
    with ward.stack:
        installed = ward.installed()
        installed.let_systemctl_hang(seconds)
        limit = "60" if interrupted else "1"
        words = ["dump", "--output", "/tmp", "--only", "status", "--section-seconds", limit, "--case", f"hang-{seconds}"]
        with subprocess.Popen(installed.entering("accord", *words), stdout=subprocess.DEVNULL) as process:
            wait_for(sleepers, "systemctl, which hangs")
            if interrupted:
                process.terminate()
        assert process.returncode == (-signal.SIGTERM if interrupted else 0)
        wait_for(lambda: not sleepers(), "the end of what the section has started")
        for archive in Path("/tmp").glob(f"accord-dump-hang-{seconds}-*"):
            archive.unlink()
