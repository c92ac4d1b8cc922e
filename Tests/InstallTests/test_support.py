"""The support engineer's hour: a unit of the product has failed, and there is an administrator on the telephone."""

import json
import tarfile
from contextlib import closing
from io import BytesIO

import people
import pytest
from administrator import Administrator
from box import wait_for
from people import MEMBER, STRANGER

FOLDER = "/root/dumps"
PUMP = """
[Unit]
Description=The product's pump
[Service]
ExecStart=/bin/sh -c 'echo the pump is dry, password=pump-canary-secret; exit 7'
"""


@pytest.fixture(scope="module")
def troubled(agreed: Administrator) -> Administrator:
    """A unit of the product has failed."""
    people.enter(agreed)
    agreed.write("/etc/systemd/system/product-pump.service", PUMP)
    agreed.systemctl("daemon-reload")
    with agreed.provoking():
        agreed.systemctl("start", "product-pump.service", check=False)
    agreed.box.run("mkdir", "-p", FOLDER)
    yield agreed
    agreed.systemctl("reset-failed", "product-pump.service", check=False)
    agreed.box.shell(f"rm -rf {FOLDER} /etc/systemd/system/product-pump.service")
    agreed.systemctl("daemon-reload")


def files_of(administrator: Administrator, path: str) -> dict[str, bytes]:
    """What is in an archive of the box."""
    with closing(tarfile.open(fileobj=BytesIO(administrator.box.path(path).read_bytes()))) as archive:
        return {member.name.partition("/")[2]: archive.extractfile(member).read() for member in archive}


def made(done) -> dict:
    """What `accord dump --json` said."""
    assert done.code == 0, done
    return json.loads(done.out)


def test_status_leads_to_the_failed_unit_on_its_first_screen(troubled):
    first_screen = "\n".join(troubled.accord("status").out.splitlines()[:8])
    assert "product-pump.service" in first_screen


def test_status_names_a_service_that_is_started_again_and_again(troubled):
    unit = "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=60\n"
    troubled.write("/etc/systemd/system/product-valve.service", unit)
    troubled.systemctl("daemon-reload")
    with troubled.provoking():
        troubled.systemctl("start", "product-valve.service", check=False)
        wait_for(lambda: troubled.show("product-valve.service", "SubState") == "auto-restart", "the pause of a restart")
    assert "product-valve.service" in troubled.accord("status", "--all").out
    troubled.systemctl("stop", "product-valve.service")
    troubled.box.run("rm", "/etc/systemd/system/product-valve.service")


def test_a_dump_of_roots_holds_units_services_packages_and_the_journals_that_were_asked_for(troubled):
    report = made(
        troubled.accord(
            "dump", "--json", "--case", "4711", "--output", FOLDER, "--with-logs", "--include-local",
            "--product-unit", "product-pump.service",
        )
    )  # fmt: skip
    files = files_of(troubled, report["path"])
    states = {section["name"]: section["status"] for section in report["sections"]}
    for section in ("units", "services", "packages", "kernel", "logs-agent", "logs-product", "page"):
        assert states[section] == "ok", report
    assert b"product-pump.service" in files["sections/units.txt"]
    assert b"product-pump.service" in files["index.html"]
    assert b"the pump is dry" in files["sections/logs-product.txt"]
    assert b"pump-canary-secret" not in b"".join(files.values())
    assert b"accordd" in files["sections/logs-agent.txt"] and b"libc6" in files["sections/packages.txt"]
    owner = troubled.box.run("stat", "--format=%U %a", report["path"]).out
    assert owner == "root 600\n"
    assert troubled.accord("inspect", report["path"]).out.startswith("whole: ")


def test_a_misspelt_unit_of_the_product_is_said_at_once(troubled):
    done = troubled.accord("dump", "--output", FOLDER, "--only", "services", "--product-unit", "product-pmup")
    assert "there is no unit product-pmup.service" in done.out, done
    assert "accordd.service" not in done.out


def test_nothing_in_a_dump_tells_which_machine_it_was(troubled):
    report = made(troubled.accord("dump", "--json", "--output", FOLDER, "--with-logs", "--include-local"))
    content = b"\n".join(files_of(troubled, report["path"]).values())
    identity = troubled.box.run("cat", "/etc/machine-id").out.strip()
    boot = troubled.box.run("cat", "/proc/sys/kernel/random/boot_id").out.strip()
    assert identity.encode() not in content and boot.encode() not in content
    for address in troubled.box.shell("cat /sys/class/net/*/address").split():
        if address != "00:00:00:00:00:00":
            assert address.encode() not in content
    assert troubled.box.name.encode() not in content


@pytest.fixture
def members_folder(troubled) -> str:
    """What people make is theirs, and stays when accord is purged; the box's last chapter wants to see nothing."""
    folder = "/srv/dumps"
    troubled.box.shell(f"mkdir -p {folder} && chown reader {folder}")
    yield folder
    troubled.box.shell(f"rm --recursive {folder}")


def test_a_member_of_the_group_makes_a_dump_and_can_override_nothing(troubled, members_folder):
    words = ["dump", "--output", members_folder, "--case", "m"]
    files = files_of(troubled, made(people.run_as(troubled, MEMBER, "accord", *words, "--json"))["path"])
    assert "history/system.uptime.csv" in files and "sections/ledger.jsonl" in files
    refused = people.run_as(troubled, MEMBER, "accord", *words, "--override")
    assert refused.code == 3 and "root" in refused.err
    assert troubled.box.shell(f"ls {members_folder} | wc -l").strip() == "1"


def test_the_names_in_a_members_dump_are_not_those_of_roots_and_it_says_so(troubled, members_folder):
    troubled.box.shell("echo 192.0.2.9 ward7-gateway >>/etc/hosts")
    words = ["accord", "dump", "--json", "--only", "status", "--case", "ward7-gateway"]
    # The case is the name of a machine: that is replaced, and so a name is in use.
    assert "-host-" in made(troubled.box.run(*words, "--output", FOLDER))["path"]
    done = people.run_as(troubled, MEMBER, *words, "--output", members_folder)
    assert "its own" in done.err and b"this dump's own" in files_of(troubled, made(done)["path"])["dump.log"]
    explained = people.run_as(troubled, MEMBER, "accord", "dump", "--explain", "host-1")
    assert explained.code == 1 and "root can read" in explained.err


def test_a_stranger_gets_no_dump(troubled):
    done = people.run_as(troubled, STRANGER, "accord", "dump", "--output", "/tmp")
    assert done.code == 1 and "group accord" in done.err
    assert "accord-dump" not in troubled.box.shell("ls /tmp")


def test_an_override_of_roots_stands_in_the_ledger(troubled):
    made(troubled.accord("dump", "--json", "--override", "--case", "4712", "--output", FOLDER))
    assert "overridden for a dump, case 4712, for 2 min" in troubled.accord("ledger").out
    assert troubled.accord("ledger", "verify").code == 0


def test_what_stands_for_whom_is_accords_alone(troubled):
    state = troubled.box.run("stat", "--format=%U %a", "/var/lib/accord/private/dump-names").out
    assert state == "accord 600\n"


def test_a_report_of_roots_is_roots_and_names_the_unit(troubled):
    troubled.accord("report", "--output", f"{FOLDER}/report.html")
    assert troubled.box.run("stat", "--format=%U %a", f"{FOLDER}/report.html").out == "root 600\n"
    page = troubled.box.path(f"{FOLDER}/report.html").read_text()
    assert "product-pump.service" in page and "<script" not in page


def test_the_doctor_finds_the_units_and_the_whole_way_open(troubled):
    layers = {layer["layer"]: layer["state"] for layer in troubled.json("doctor")[0]["layers"]}
    for layer in ("settings", "ownership", "units", "disk", "agreement", "DNS", "TCP", "TLS", "HTTP"):
        assert layers[layer] in ("ok", "warning"), layers


def test_a_dump_disturbs_nobody(troubled):
    missed, pid = troubled.status_file()["missed_ticks"], troubled.main_pid()
    made(troubled.accord("dump", "--json", "--output", FOLDER, "--case", "quiet"))
    troubled.ticks(2)
    assert troubled.main_pid() == pid and troubled.status_file()["missed_ticks"] <= missed + 1
