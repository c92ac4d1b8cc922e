"""`accord dump`: one archive that support can read, with what the agreement lets in and nothing that identifies."""

import json
import os
import signal
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from agreement_files import OFFER
from appliance import Appliance, needs_root, wait_for
from dump_archive import DumpArchive, dump
from kernel import net_dev

AGENT_SECTIONS = {"status", "doctor", "agreement", "settings", "records", "deliveries", "ledger", "clock", "page", "log"}
MEMORY_USED_UP = "MemTotal: 1000000 kB\nMemFree: 9000 kB\nMemAvailable: 10000 kB\nBuffers: 0 kB\nCached: 0 kB\n"
BOTH = {"product": "share", "environment": "share"}


def filled(archive: DumpArchive) -> set[str]:
    """The sections that hold something."""
    return {name for name, section in archive.sections.items() if section["files"] or name == "page"}


# One file that stock tools read.


def test_a_dump_is_one_archive_that_stock_tools_read_with_its_page_first(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    archive = dump(appliance, dumps, "--case", "4711")
    assert list(archive.files)[:2] == ["index.html", "manifest.json"]
    archive.check_digests()
    assert {member.name.split("/")[0] for member in archive.members} == {archive.path.name.removesuffix(".tar.gz")}
    assert archive.path.name.startswith("accord-dump-4711-20") and archive.path.stat().st_mode & 0o777 == 0o600
    assert list(dumps.iterdir()) == [archive.path]
    listed = subprocess.run(["tar", "tzf", archive.path], capture_output=True, text=True, check=True).stdout
    assert listed.splitlines() == [member.name for member in archive.members]
    subprocess.run(["gzip", "--test", archive.path], check=True)


def test_dumps_of_the_same_second_have_a_name_each(appliance, dumps):
    appliance.write_consent(BOTH)
    with ThreadPoolExecutor() as pool:
        archives = list(pool.map(lambda _: dump(appliance, dumps, "--only", "settings"), range(4)))
    for archive in archives:
        archive.check_digests()
        assert {member.name.split("/")[0] for member in archive.members} == {archive.path.name.removesuffix(".tar.gz")}
    assert set(dumps.iterdir()) == {archive.path for archive in archives} and len(set(dumps.iterdir())) == 4


def test_the_manifest_says_for_whom_under_what_and_how_every_section_ended(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    archive = dump(appliance, dumps, "--case", "4711")
    manifest = archive.manifest
    assert (manifest["format"], manifest["version"], manifest["case"]) == ("accord-dump", 1, "4711")
    assert manifest["agreement"]["fingerprint"] == appliance.status()["fingerprint"]
    assert manifest["agreement"]["sources"]["environment"] == "share"
    for section in manifest["sections"]:
        assert section["status"] in ("ok", "absent", "not-asked") and section["duration_ms"] >= 0
        assert section["reason"] or section["status"] == "ok"
    assert archive.files["dump.log"].decode().count("\n") >= len(manifest["sections"])


def test_the_history_of_the_last_day_is_there_for_any_spreadsheet(appliance, dumps):
    appliance.write_consent({"environment": "share"})
    appliance.record(ticks=4)
    archive = dump(appliance, dumps)
    lines = archive.files["history/system.memory.usage.csv"].decode().splitlines()
    columns = lines[0].split(",")
    assert columns[0] == "time" and "free" in columns
    assert len(lines) >= 5
    assert {line.split(",")[columns.index("free")] for line in lines[1:]} == {str(512002 * 1024)}
    assert "history/system.uptime.csv" not in archive.files


# What the agreement lets in.


def test_without_an_agreement_a_dump_holds_the_agents_own_state_only(bare_appliance, dumps):
    archive = dump(bare_appliance, dumps)
    assert filled(archive) <= AGENT_SECTIONS
    assert archive.sections["sample-environment"]["status"] == "withheld"
    assert b"system.memory" not in archive.everything.replace(archive.files["sections/agreement.txt"], b"")


def test_after_its_end_an_agreement_lets_nothing_in(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    appliance.write("consent.toml", 'until = 2020-01-01\n' + (appliance.etc / "consent.toml").read_text())
    archive = dump(appliance, dumps, "--include-local")
    assert filled(archive) <= AGENT_SECTIONS
    assert "ended" in archive.sections["mounts"]["reason"]


def test_what_is_local_comes_in_only_when_that_is_asked_for(appliance, dumps):
    appliance.write_consent({"product": "share", "environment": "local"})
    appliance.record()
    archive = dump(appliance, dumps)
    assert archive.sections["history-environment"]["status"] == "withheld"
    assert "history/system.uptime.csv" in archive.files and "history/system.cpu.time.csv" not in archive.files
    assert "consent.toml:" in archive.sections["memory"]["reason"]
    archive = dump(appliance, dumps, "--include-local", "--case", "again")
    assert "history/system.cpu.time.csv" in archive.files and "MemTotal" in archive.text("memory")


def test_what_is_withheld_is_in_no_section_and_not_on_the_page(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    appliance.write_consent(BOTH, withhold={"signals": ["system.network.*", "system.memory.usage"]})
    archive = dump(appliance, dumps, "--include-local")
    for section in ("network", "memory"):
        assert archive.sections[section]["status"] == "withheld"
    names = "\n".join(archive.files)
    assert "system.network" not in names and "system.memory.usage" not in names
    assert "system.memory.usage" not in archive.text("sample-environment")
    assert b"eth0" not in archive.everything


def test_what_the_offer_does_not_ask_for_is_in_no_finding_either(appliance, dumps, receiver):
    appliance.write_offer(receiver.url, environment=OFFER["environment"] | {"signals": ["system.cpu.*"]})
    appliance.write_consent(BOTH)
    appliance.kernel.write("proc/meminfo", MEMORY_USED_UP)
    appliance.record()
    found = b"memory is nearly used up"
    assert found.decode() in appliance.accord("status", json=False).out
    assert found not in dump(appliance, dumps).everything
    assert found in dump(appliance, dumps, "--include-local").everything


def test_what_is_redacted_by_now_is_not_on_a_page_although_it_was_recorded_clear(appliance, dumps):
    appliance.kernel.write_interfaces(canary7x=(1_000,) * 8)
    appliance.write_consent(BOTH)
    appliance.record()
    assert b"canary7x" in dump(appliance, dumps).files["index.html"]
    for mode in ("drop", "hash"):
        appliance.write_consent(BOTH, redact={"network.interface.name": mode, "system.device": mode})
        assert b"canary7x" not in dump(appliance, dumps, "--case", mode).everything
        page = appliance.accord("report", "--output", "-", json=False).out
        assert "canary7x" not in page and "accordd has not rewritten the history yet" in page


def test_an_override_needs_a_case_and_stands_in_the_ledger(appliance, dumps):
    appliance.write_consent({"product": "share", "environment": "deny"})
    appliance.record()
    assert appliance.accord("dump", "--override").code == 2
    archive = dump(appliance, dumps, "--override", "--case", "4711")
    assert archive.sections["memory"]["status"] == "ok" and archive.manifest["override"]["until"]
    rows = [row for row in appliance.accord("ledger").json if row["kind"].startswith("dump-")]
    assert [row["kind"] for row in rows] == ["dump-override", "dump-made"]
    assert rows[0]["detail"]["seconds"] == 120 and "4711" not in rows[0]["row"]
    assert rows[1]["detail"]["is_overridden"] and "environment" in rows[1]["detail"]["sources"]
    assert "case 4711" in appliance.accord("ledger", json=False).out
    assert appliance.accord("ledger", "verify").code == 0


def test_an_override_that_cannot_be_recorded_makes_no_archive(appliance, dumps):
    appliance.write_consent({"environment": "deny"})
    appliance.record()
    appliance.database("ledger").write_bytes(b"no database")
    done = appliance.accord("dump", "--override", "--case", "4711", "--output", str(dumps))
    assert done.code == 1 and "written to the ledger first" in done.err
    assert list(dumps.iterdir()) == []


# What identifies.

# Planted where sections read, or right beside it; none of them may be in an archive. In lower case, as they are sought.
CANARIES = {
    "host name": "ward7-gateway",
    "domain": "st-elsewhere.example",
    "searched domain": "corp-canary.example",
    "hardware address": "02:5e:0c:aa:bb:cc",
    "serial number": "sn-canary-90210",
    "product uuid": "4c4c4544-0042-3510-8052-b4c04f4e4d31",
    "machine id": "0123456789abcdef0123456789abcde1",
    "boot password": "kernel-canary-secret",
    "mount password": "mount-canary-secret",
    "user": "agathe.bauer",
    "full name": "agathe bauer-lang",
    "who signed": "dr. canary signatory",
    "proxy password": "proxy-canary-secret",
    "proxy host": "proxy.st-elsewhere.example",
    "header": "header-canary-token-1234567890",
    "address": "10.99.88.77",
    "mail": "ward7@st-elsewhere.example",
    "client key": "keycanarykeycanarykeycanarykeycanary",
}


def plant(appliance: Appliance) -> None:
    """Puts every canary where it would stand on a real appliance."""
    kernel, canary = appliance.kernel, CANARIES
    host = f"{canary['host name']}.{canary['domain']}"
    kernel.write("proc/sys/kernel/hostname", host + "\n")
    kernel.write("sys/class/net/eth0/address", canary["hardware address"].upper() + "\n")
    kernel.write("sys/class/dmi/id/product_serial", canary["serial number"].upper() + "\n")
    kernel.write("sys/class/dmi/id/product_uuid", canary["product uuid"] + "\n")
    kernel.write("sys/class/dmi/id/product_name", f"Model of {canary['host name']}\n")
    kernel.write("proc/cmdline", f"quiet password={canary['boot password']} ip={canary['address']} net={host}\n")
    kernel.write(
        "proc/self/mountinfo",
        f"21 1 8:1 / /srv/{canary['host name']} rw - ext4 /dev/sda1 rw,password={canary['mount password']}\n"
        f"22 1 0:9 / /mnt rw - cifs //{host}/share rw,username={canary['user']},password={canary['mount password']}\n",
    )
    kernel.write("proc/net/fib_trie", f"Local:\n  +-- 10.0.0.0/8\n     |-- {canary['address']}\n        /32 host LOCAL\n")
    interface = "enx" + canary["hardware address"].replace(":", "")
    kernel.write("proc/net/dev", net_dev({"lo": (1,) * 8, "eth0": (2,) * 8, interface: (3,) * 8}))
    etc = appliance.prefix / "etc"
    (etc / "hostname").write_text(host + "\n")
    (etc / "machine-id").write_text(canary["machine id"] + "\n")
    (etc / "hosts").write_text(f"127.0.1.1 {host} {canary['host name']}\n")
    # As systemd-resolved has it.
    (etc / "stub-resolv.conf").write_text(f"search {canary['domain']} {canary['searched domain']}\n")
    (etc / "resolv.conf").symlink_to("stub-resolv.conf")
    (etc / "passwd").write_text(
        f"root:x:0:0:root:/:/bin/sh\n{canary['user']}:x:1000:1000:{canary['full name'].title()},,,:/home:/bin/sh\n"
    )
    headers = appliance.etc / "headers"
    headers.write_text(f"Authorization: Bearer {canary['header']}\n")
    headers.chmod(0o600)
    key = appliance.etc / "client.key"
    key.write_text(f"-----BEGIN PRIVATE KEY-----\n{canary['client key']}\n-----END PRIVATE KEY-----\n")
    key.chmod(0o600)
    (appliance.etc / "client.pem").write_text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    appliance.write_settings(
        upload={
            "proxy": f"http://{canary['user']}:{canary['proxy password']}@{canary['proxy host']}:3128",
            "headers_file": "headers", "client_cert": "client.pem", "client_key": "client.key",
        }
    )  # fmt: skip


def test_no_canary_comes_through_wherever_it_is_planted(appliance, dumps):
    plant(appliance)
    appliance.write_consent(BOTH, accepted_by=CANARIES["who signed"].title())
    appliance.record()
    failure = f"cannot reach {CANARIES['proxy host']} ({CANARIES['address']}): write to {CANARIES['mail']} "
    failure += f"or gw.{CANARIES['searched domain']}"
    appliance.sql("spool", "INSERT OR REPLACE INTO upload_state VALUES ('failure', ?)", failure)
    archive = dump(appliance, dumps, "--with-logs", "--include-local", "--case", CANARIES["host name"])
    everything = archive.everything.lower()
    for what, canary in CANARIES.items():
        assert canary.encode() not in everything, what
    assert CANARIES["host name"] not in archive.path.name
    # Scrubbed, not empty: what support needs is still there.
    assert "host-1" in archive.path.name and "eth0" in archive.text("sample-environment")
    assert archive.sections["mounts"]["status"] == "ok"


def test_a_name_stands_for_the_same_in_every_dump_and_is_explained_here_only(appliance, dumps):
    plant(appliance)
    appliance.write_consent(BOTH)
    appliance.record()
    host = f"{CANARIES['host name']}.{CANARIES['domain']}"
    first, second = (dump(appliance, dumps, "--case", case) for case in ("one", "two"))
    names = {name for name in (f"host-{n}" for n in range(1, 9)) if name.encode() in first.everything}
    assert names and all(name.encode() in second.everything for name in names)
    explained = {appliance.accord("dump", "--explain", name).json[0]["stands_for"].lower() for name in names}
    assert explained & {host, CANARIES["host name"]}
    assert (appliance.var / "private/dump-names").stat().st_mode & 0o777 == 0o600
    unknown = appliance.accord("dump", "--explain", "host-4711")
    assert unknown.code == 1 and "host-4711" in unknown.err


def test_what_the_customer_hashes_is_hashed_in_a_dump_too(appliance, dumps):
    appliance.write_consent(BOTH, redact={"network.interface.name": "hash", "system.device": "hash"})
    appliance.record()
    archive = dump(appliance, dumps, "--include-local")
    assert b"eth0" not in archive.everything
    header = archive.files["history/system.network.io.csv"].decode().splitlines()[0]
    assert "receive" in header


# A machine in trouble.


def hang_the_sample(appliance: Appliance) -> None:
    meminfo = appliance.kernel.root / "proc/meminfo"
    meminfo.unlink()
    os.mkfifo(meminfo)


def test_a_section_that_hangs_costs_only_itself(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    hang_the_sample(appliance)
    archive = dump(appliance, dumps, "--section-seconds", "2", "--skip", "page,status")
    assert archive.sections["sample-environment"]["status"] == "timed-out"
    assert "2 s" in archive.sections["sample-environment"]["reason"]
    assert "history/system.memory.usage.csv" in archive.files and archive.sections["kernel"]["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_an_interrupted_dump_leaves_no_file_and_no_process(appliance, dumps, number):
    appliance.write_consent(BOTH)
    appliance.record()
    hang_the_sample(appliance)
    command = appliance.command("accord", "dump", "--output", str(dumps), "--only", "sample-environment")
    with subprocess.Popen(command) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        section = wait_for(lambda: list(dumps.iterdir()) and children.read_text().split(), "the section's process")[0]
        process.send_signal(number)
    assert process.returncode == -number
    assert list(dumps.iterdir()) == []
    wait_for(lambda: not Path(f"/proc/{section}/exe").exists() or not is_running(section), "the section's end")


def test_of_two_dumps_at_a_time_the_later_one_says_that_its_names_are_its_own(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    hang_the_sample(appliance)
    own = b"the names are this dump's own, and mean others in other dumps: another dump is being made at this moment"
    command = appliance.command("accord", "dump", "--output", str(dumps), "--only", "sample-environment", "--json")
    with subprocess.Popen([*command, "--section-seconds", "10"], stdout=subprocess.PIPE) as process:
        wait_for(lambda: list(dumps.iterdir()), "the first dump's archive")
        assert own in dump(appliance, dumps, "--only", "kernel").files["dump.log"]
        first = json.loads(process.communicate()[0])
    assert own not in DumpArchive(Path(first["path"])).files["dump.log"]
    assert own not in dump(appliance, dumps, "--only", "kernel").files["dump.log"]


def is_running(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_plan_writes_nothing_and_says_what_is_withheld_by_which_line(appliance, dumps):
    appliance.write_consent({"product": "share", "environment": "local"})
    appliance.record()
    before = appliance.bytes_of_state("*.db")
    done = appliance.accord("dump", "--plan", "--output", str(dumps))
    assert done.code == 0 and list(dumps.iterdir()) == []
    plan = {line["section"]: line for line in done.json}
    assert plan["memory"]["would_be"] == "withheld" and "consent.toml:" in plan["memory"]["reason"]
    assert plan["history-product"]["would_be"] == "in it" and plan["history-product"]["bytes"] > 0
    assert plan["logs-agent"]["would_be"] == "left out"
    assert appliance.bytes_of_state("*.db") == before
    text = appliance.accord("dump", "--plan", json=False).out
    assert "nothing was written" in text and "--include-local" in text


def test_a_section_that_does_not_exist_is_wrong_usage(appliance):
    done = appliance.accord("dump", "--only", "mounts,nonsense")
    assert done.code == 2 and "--only" in done.err


@pytest.mark.parametrize("case", ["../up", "a b", "", "-x", "x" * 65, "a/b"])
def test_a_case_that_is_no_name_for_a_file_is_wrong_usage(appliance, case):
    assert appliance.accord("dump", f"--case={case}").code == 2


def test_nothing_is_left_behind_where_the_archive_cannot_be_written(appliance, tmp_path):
    appliance.write_consent(BOTH)
    done = appliance.accord("dump", "--output", str(tmp_path / "nowhere"))
    assert done.code == 1 and "nowhere" in done.err and "--output" in done.err


@needs_root
def test_on_a_disk_without_space_there_is_no_archive_and_nothing_half_written(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", dumps], check=True)
    try:
        done = appliance.accord("dump", "--output", str(dumps))
        assert done.code == 1 and "free" in done.err and "--output" in done.err
        assert list(dumps.iterdir()) == []
    finally:
        subprocess.run(["umount", dumps], check=True)


@needs_root
def test_a_dump_leaves_so_much_of_its_disk_free_as_it_must(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    sections = "--only", "status,kernel,history-environment,page"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", dumps], check=True)
    try:
        for kib, whole in ((3400, True), (3900, False)):
            (dumps / "fill").write_bytes(bytes(kib * 1024))
            archive = dump(appliance, dumps, *sections)
            cut = {name for name, section in archive.sections.items() if section["status"] == "cut"}
            assert cut == (set() if whole else {"status", "kernel", "history-environment"})
            assert "<title>" in archive.files["index.html"].decode()
            archive.check_digests()
            usage = os.statvfs(dumps)
            assert usage.f_bavail * usage.f_frsize >= 4 << 20
            archive.path.unlink()
            (dumps / "fill").unlink()
    finally:
        subprocess.run(["umount", dumps], check=True)


def test_an_appliance_whose_state_is_damaged_can_be_dumped_and_says_so(appliance, dumps):
    appliance.write_consent(BOTH)
    appliance.record()
    for name in ("history", "spool"):
        appliance.database(name).write_bytes(b"no database" * 500)
    archive = dump(appliance, dumps)
    assert archive.sections["memory"]["status"] == "ok"
    failed = {name: section["reason"] for name, section in archive.sections.items() if section["status"] == "failed"}
    assert set(failed) == {"history-product", "history-environment", "deliveries"}
    assert "history.db" in failed["history-product"] and "spool.db" in failed["deliveries"]
    assert len(archive.sections["records"]["problems"]) == 2
    # Without its ledger nothing counts as accepted, so that nothing but the agent's own state may be shown.
    appliance.database("ledger").write_bytes(b"no database" * 500)
    archive = dump(appliance, dumps, "--case", "again")
    assert filled(archive) <= AGENT_SECTIONS and "ledger.db" in archive.sections["ledger"]["reason"]


def test_the_text_for_people_names_the_file_and_every_hole(appliance, dumps):
    appliance.write_consent({"product": "share"}, withhold={"signals": ["os.*"]})
    done = appliance.accord("dump", "--output", str(dumps), json=False)
    (path,) = dumps.iterdir()
    assert done.out.splitlines()[-1].startswith(f"{path}: ")
    assert "memory, processes, thermal, power: environment: not named, so denied" in done.out
    assert tarfile.is_tarfile(path) and json.loads(DumpArchive(path).files["summary.json"])["health"]
