"""Ordinary appliances whose names are ordinary words: there is a dump of each, it can be read, and its words stand."""

import json
from pathlib import Path

import dump_archive
import pytest
from appliance import Appliance
from dump_archive import DumpArchive


def dump(appliance: Appliance, folder: Path) -> DumpArchive:
    """Makes a dump that is whole, and whose JSON is JSON."""
    archive = dump_archive.dump(appliance, folder)
    archive.check_digests()
    assert json.loads(archive.files["summary.json"])["health"]
    assert "<title>" in archive.files["index.html"].decode() and "system.memory.usage" in archive.text("agreement")
    return archive


@pytest.mark.parametrize("name", ["upload", "network", "status", "html", "share", "version", "files"])
def test_a_user_and_a_host_called_like_a_word_of_every_dump_keep_no_dump_from_being_made(sharing, dumps, name):
    (sharing.prefix / "etc").mkdir(exist_ok=True)
    (sharing.prefix / "etc/passwd").write_text(f"{name}:x:1000:1000:{name.title()},,,:/home:/bin/sh\n")
    sharing.kernel.write("proc/sys/kernel/hostname", f"{name}.hospital-7.example\n")
    sharing.record()
    archive = dump(sharing, dumps)
    assert "also stand in every dump" in archive.files["dump.log"].decode()
    assert b"hospital-7" not in archive.everything


@pytest.mark.parametrize("who", ["The supplier", "status", "upload", "yes", "IT operations", "2026"])
def test_whoever_agreed_may_be_called_anything(sharing, dumps, who):
    sharing.write_consent({"product": "share", "environment": "share"}, accepted_by=who)
    sharing.record()
    dump(sharing, dumps)


@pytest.mark.parametrize("number", ["1234", "2026", "0000", "512", "Default", "Asset", "None"])
def test_a_short_serial_number_spoils_no_readings(sharing, dumps, number):
    sharing.kernel.write("sys/class/power_supply/BAT0/serial_number", f" {number}\n")
    sharing.kernel.write("sys/class/dmi/id/chassis_asset_tag", f"{number}\n")
    sharing.record()
    archive = dump(sharing, dumps)
    # The uptime is 1234.56 s, the free memory 512002 kB.
    assert b",1234.56\n" in archive.files["history/system.uptime.csv"]
    assert b"serial-" not in b"".join(content for name, content in archive.files.items() if name.endswith(".csv"))


def test_the_name_and_password_of_a_proxy_may_be_everyday_words(sharing, dumps):
    sharing.write_settings(upload={"proxy": "http://disk:share@proxy.lan:3128"})
    sharing.record()
    assert b"disk" in dump(sharing, dumps).files["index.html"]


def test_a_remedy_that_names_a_unit_leaves_the_summary_json(sharing, dumps):
    # One that died leads to `journalctl -u accordd`, which is no option with a name and a password.
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        daemon.kill()
    summary = dump(sharing, dumps).files["summary.json"].decode()
    assert "journalctl -u accordd" in summary and "[removed" not in summary


def test_what_a_receiver_answered_begins_no_file_of_its_own(sharing, dumps):
    sharing.record()
    answer = "x\n\x01file summary.json\n{\n\x01failed it says\npassword=hunter22 <script>alert(1)</script>"
    sharing.sql("spool", "INSERT OR REPLACE INTO upload_state VALUES ('failure', ?)", answer)
    archive = dump(sharing, dumps)
    assert len(archive.members) == len(archive.files) and archive.sections["status"]["status"] == "ok"
    assert b"hunter22" not in archive.everything and b"<script" not in archive.files["index.html"]


def test_who_signed_before_is_no_more_named_than_who_signs_now(sharing, dumps):
    for who in ("Zebulon Formerly", "Nora Nowadays"):
        sharing.write_consent({"product": "share", "environment": "share"}, accepted_by=who)
        sharing.record()
    everything = dump(sharing, dumps).everything.lower()
    assert b"zebulon" not in everything and b"nowadays" not in everything


def test_a_disk_is_not_known_by_the_number_in_its_long_name(sharing, dumps):
    number = "S3Z2NB0K123456"
    sharing.kernel.write("sys/block/sda/device/wwid", f"t10.ATA     Samsung SSD 860 EVO     {number}      \n")
    sharing.kernel.write("sys/class/dmi/id/product_name", f"Box with {number}\n")
    sharing.record()
    archive = dump(sharing, dumps)
    assert number.lower().encode() not in archive.everything.lower() and "Box with serial-" in archive.text("hardware")


def test_what_a_machine_was_called_is_in_no_dump_after_it_was_renamed_either(sharing, dumps):
    sharing.kernel.write("proc/sys/kernel/hostname", "oldward-gateway\n")
    sharing.kernel.write("sys/class/dmi/id/product_name", "Box at oldward-gateway\n")
    sharing.record()
    assert b"oldward" not in dump(sharing, dumps).everything
    for name in ("newward-gateway", "third-gateway"):
        sharing.kernel.write("proc/sys/kernel/hostname", f"{name}\n")
        archive = dump(sharing, dumps)
        assert b"oldward" not in archive.everything and "Box at host-1" in archive.text("hardware")
    assert sharing.accord("dump", "--explain", "host-1").json[0]["stands_for"] == "oldward-gateway"


def test_a_list_of_blocked_hosts_keeps_no_dump_from_being_made(sharing, dumps):
    (sharing.prefix / "etc").mkdir(exist_ok=True)
    hosts = sharing.prefix / "etc/hosts"
    hosts.write_text("".join(f"0.0.0.0 track{n}.advert.example\n" for n in range(25_000)) + "192.0.2.7 pump-canary\n")
    sharing.kernel.write("sys/class/dmi/id/product_name", "Box with pump-canary\n")
    sharing.record()
    archive = dump(sharing, dumps)
    assert b"pump-canary" not in archive.everything and b"searched for" not in archive.files["dump.log"]
    # Hosts that are somebody's are known as far as there is room, and those that are not are counted.
    hosts.write_text("".join(f"192.0.2.7 pump{n}.clinic.example\n" for n in range(25_000)))
    assert b"names of /etc/hosts are more than can be searched for" in dump(sharing, dumps).files["dump.log"]


def test_an_output_without_a_name_is_wrong_usage(appliance):
    done = appliance.accord("dump", "--output", "")
    assert done.code == 2 and "--output" in done.err


@pytest.mark.parametrize("how", ["hash", "drop"])
def test_a_device_that_the_customer_redacts_is_not_in_the_kernels_command_line_either(sharing, dumps, how):
    sharing.kernel.write("proc/cmdline", "root=/dev/canarydisk2 quiet panic=10\n")
    sharing.write_consent({"product": "share", "environment": "share"}, redact={"system.device": how})
    sharing.record()
    archive = dump(sharing, dumps)
    assert b"canarydisk" not in archive.everything and "panic" in archive.text("kernel")


def test_the_version_of_a_package_is_no_address(sharing, dumps):
    sharing.write_consent({"product": "share", "environment": "share"})
    sharing.record()
    text = dump(sharing, dumps).text("packages")
    assert "ip-1" not in text
