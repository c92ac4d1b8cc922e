"""`accord report`: the page is there, right and the caller's alone, whatever state the appliance is in."""

import os
import re
import stat
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from appliance import Appliance, Result, needs_root, program, run

EVERYTHING = {"product": "share", "environment": "share"}


def report(appliance: Appliance, *arguments: str) -> Result:
    """Runs `accord report` on the fake kernel."""
    return run(appliance.command("accord", "report", *arguments))


class Words(HTMLParser):
    """The text of a page, and its tags in order."""

    def __init__(self, page: str):
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(tmp_path: Path):
    """The page of an appliance as text, written to a file of its own."""

    def make(appliance: Appliance, *arguments: str) -> Words:
        file = tmp_path / f"report-{time.monotonic_ns()}.html"
        done = report(appliance, "--output", str(file), *arguments)
        assert done.code == 0, done.err
        return Words(file.read_text())

    return make


@pytest.fixture
def recording(bare_appliance: Appliance) -> Appliance:
    """An appliance that keeps both sources and shares nothing."""
    bare_appliance.write_settings()
    bare_appliance.write_consent(dict.fromkeys(EVERYTHING, "local"))
    return bare_appliance


def test_the_page_tells_what_was_recorded(recording, page):
    recording.kernel.write("proc/loadavg", "3.25 0.22 0.13 2/345 6789\n")
    recording.record(ticks=5)
    words = page(recording)
    assert "Debian GNU/Linux 12 (bookworm)" in words.text
    assert "Load average" in words.text and "3.25" in words.text
    assert "environment" in words.text and "consent.toml:" in words.text
    assert words.tags.count("svg") > 6 and "script" not in words.tags


def test_the_file_is_the_callers_alone_and_says_what_it_holds(recording, tmp_path):
    recording.record()
    file = tmp_path / "page.html"
    (answer,) = report(recording, "--output", str(file), "--json").json
    assert answer["path"] == str(file) and answer["bytes"] == file.stat().st_size
    assert answer["health"] in ("good", "notice", "warning", "critical")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))


def test_the_sentence_that_is_printed_names_file_size_and_health(recording, tmp_path):
    file = tmp_path / "page.html"
    done = report(recording, "--output", str(file))
    assert re.fullmatch(rf"{re.escape(str(file))}, [\d.]+ KiB: [^\n]+\n", done.out)


def test_without_a_name_it_lies_in_the_current_folder(recording, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert report(recording).code == 0
    (file,) = folder.iterdir()
    assert re.fullmatch(r"accord-report-\d{8}-\d{6}\.html", file.name)


def test_a_file_that_is_there_is_left_as_it_is_unless_it_is_said_otherwise(recording, tmp_path):
    file = tmp_path / "page.html"
    file.write_text("mine")
    done = report(recording, "--output", str(file))
    assert done.code == 1 and "is there already" in done.err and file.read_text() == "mine"
    assert report(recording, "--output", str(file), "--overwrite").code == 0
    assert file.read_text().startswith("<!DOCTYPE html>")


def test_nothing_that_lies_in_the_way_is_written_to(recording, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    file = tmp_path / "page.html"
    Path(f"{file}.partial").symlink_to(precious)
    assert report(recording, "--output", str(file)).code == 0
    assert precious.read_text() == "mine" and not file.is_symlink()
    link = tmp_path / "link.html"
    link.symlink_to(precious)
    done = report(recording, "--output", str(link), "--overwrite")
    assert done.code == 1 and "symbolic link" in done.err and precious.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said_in_one_sentence(recording, tmp_path):
    done = report(recording, "--output", str(tmp_path / "nowhere/page.html"))
    assert done.code == 1 and done.err.count("\n") == 1 and "nowhere" in done.err


def test_an_empty_name_is_a_usage_error_before_any_work(recording):
    done = report(recording, "--output", "")
    assert (done.code, done.out) == (2, "") and "--output is the name of a file" in done.err


def test_it_can_go_to_standard_output(recording):
    done = report(recording, "--output", "-")
    assert done.code == 0 and done.out.startswith("<!DOCTYPE html>") and done.out.endswith("</html>\n")
    assert report(recording, "--output", "-", "--json").code == 2


def test_without_anything_it_says_so(bare_appliance, page):
    words = page(bare_appliance)
    assert "There is none: nothing is sampled and nothing is sent." in words.text
    assert "nothing was ever recorded here" in words.text


def test_a_name_from_the_kernel_is_never_markup(recording, page):
    recording.kernel.write_interfaces(**{"<script>x": (7, 1, 0, 0, 7, 1, 0, 0)})
    recording.record()
    words = page(recording)
    assert "<script>x" in words.text and "script" not in words.tags


def test_what_is_withheld_by_now_is_neither_drawn_nor_in_a_table(recording, page):
    recording.record(ticks=5)
    assert "Network throughput" in page(recording).text
    recording.write_consent(dict.fromkeys(EVERYTHING, "local"), withhold={"signals": ["system.network.*"]})
    words = page(recording)
    assert "eth0" not in words.text
    assert "Network throughput: system.network.io may not be shown here" in words.text


def test_a_source_that_is_denied_by_now_is_not_shown(recording, page):
    recording.record(ticks=5)
    recording.write_consent({"product": "local", "environment": "deny"})
    words = page(recording)
    assert "Load average: " in words.text and "eth0" not in words.text
    assert "Debian GNU/Linux 12 (bookworm)" in words.text


def test_a_held_agreement_is_named_and_what_is_kept_is_shown(recording, page):
    recording.record(ticks=5)
    recording.write("consent.toml", "schema = 1\nsources = 7\n")
    words = page(recording)
    assert "Held: " in words.text and "consent.toml:2" in words.text
    assert "Load average" in words.text


def test_a_damaged_history_is_named_and_the_rest_is_there(recording, page):
    recording.record()
    recording.database("history").write_bytes(b"no database" * 1000)
    words = page(recording)
    assert "Could not be read: the history: " in words.text and "damaged or no database" in words.text
    assert "Agreement" in words.text


def test_a_damaged_batch_costs_only_itself(recording, page):
    for _ in range(2):
        recording.record(ticks=4)
    recording.sql("history", "UPDATE batches SET columns = x'00' WHERE number = (SELECT max(number) FROM batches)")
    words = page(recording)
    assert "1 batch of the history, which are damaged" in words.text
    assert "Load average" in words.text


def test_readings_of_a_clock_that_stood_in_1970_are_counted_and_not_drawn_in_1970(recording, page):
    recording.record(ticks=4)
    recording.sql("history", "UPDATE batches SET is_synchronised = 0, offset_ms = offset_ms - 1700000000000")
    recording.record(ticks=4)
    words = page(recording)
    assert "2 batches that were recorded before the clock was set" in words.text
    assert "1970" not in words.text and "Load average" in words.text


def test_an_appliance_whose_clock_always_stood_in_1970_has_its_charts(recording, page):
    recording.record(ticks=4)
    recording.sql("history", "UPDATE batches SET is_synchronised = 0, offset_ms = 1000")
    words = page(recording)
    assert "Jan 1970" in words.text and "Load average" in words.text


def test_readings_of_a_clock_that_was_ahead_are_counted_and_do_not_take_the_present_away(recording, page):
    recording.record(ticks=4)
    recording.sql("history", "UPDATE batches SET offset_ms = offset_ms + 2300000000000")
    recording.kernel.write("proc/loadavg", "3.25 0.22 0.13 2/345 6789\n")
    recording.record(ticks=4)
    words = page(recording)
    assert "2 batches that were recorded while the clock was ahead" in words.text
    assert "2099" not in words.text and "3.25" in words.text


def test_a_reboot_and_a_new_start_are_events(recording, page):
    recording.record(ticks=4)
    recording.sql("history", "UPDATE boots SET id = 'an earlier boot'")
    recording.record(ticks=4)
    assert "the machine started" in page(recording).text


def test_since_takes_what_the_ledger_takes(recording, tmp_path):
    recording.record(ticks=4)
    file = tmp_path / "page.html"
    for since in ("2h", "7days", "2026-11-21", "2026-11-21T22:38:05Z"):
        assert report(recording, "--output", str(file), "--overwrite", "--since", since).code == 0, since
    assert report(recording, "--output", str(file), "--since", "yesterday").code == 2


def test_deliveries_are_drawn_from_the_spool_and_the_ledger(sharing, page):
    sharing.record(ticks=4)
    assert sharing.accord("upload").code == 0
    sharing.record(ticks=4)
    words = page(sharing)
    assert "Batches waiting to be sent" in words.text
    assert "Delivered to the supplier" in words.text
    assert re.search(r"accepted, \d+ \w+ \d{4}", words.text)


@needs_root
def test_root_writes_as_root_and_not_as_the_owner_of_the_databases(recording, open_folder, tmp_path):
    recording.record()
    file = tmp_path / "page.html"
    assert run([program("accord"), "report", "--prefix", str(recording.prefix), "--output", str(file)]).code == 0
    assert file.stat().st_uid == os.geteuid()
