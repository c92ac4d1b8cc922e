"""What a dump must not tell by a way round: another section, a device that was denied by hand, settings with a mistake."""

from dump_archive import dump

BOTH = {"product": "share", "environment": "share"}


def test_no_section_of_the_product_tells_readings_of_the_environment(sharing, dumps):
    for name, value in {"fs/file-nr": 777123, "kernel/threads-max": 777123, "kernel/panic": 10}.items():
        sharing.kernel.write(f"proc/sys/{name}", f"{value}\n")
    sharing.write_consent({"product": "share", "environment": "deny"})
    sharing.record()
    archive = dump(sharing, dumps)
    assert "kernel.panic" in archive.text("kernel") and b"777123" not in archive.everything


def test_a_part_of_a_section_goes_with_the_signals_that_it_tells(sharing, dumps):
    sharing.kernel.write("sys/class/power_supply/BAT0/type", "Battery\n")
    sharing.kernel.write("sys/class/power_supply/BAT0/temp", "387\n")
    sharing.kernel.write("proc/77/stat", "77 (pump) S 1 77 77 0 -1 0 0 0 0 0 300 200 0 0 20 0 4 0 1000 90000 9000 0\n")
    sharing.write_consent(BOTH)
    sharing.record()
    archive = dump(sharing, dumps)
    assert "Largest processes" in archive.text("memory") and "38.7" in archive.text("power")
    sharing.write_consent(BOTH, withhold={"signals": ["system.process.*", "hw.temperature"]})
    archive = dump(sharing, dumps)
    assert "MemTotal" in archive.text("memory") and "Largest processes" not in archive.text("memory")
    assert "Battery" in archive.text("power") and "38.7" not in archive.text("power")


def test_series_that_redaction_makes_equal_are_in_no_sample(sharing, dumps):
    sharing.kernel.write_interfaces(eth0=(777_123,) * 8, eth1=(777_124,) * 8)
    sharing.write_consent(BOTH)
    sharing.record()
    assert "777123" in dump(sharing, dumps).text("sample-environment")
    sharing.write_consent(BOTH, redact={"network.interface.name": "drop", "system.device": "drop"})
    assert "system.network" not in dump(sharing, dumps).text("sample-environment")


def test_a_device_that_the_administrator_denied_is_named_nowhere(sharing, dumps):
    line = "{id} 1 8:{id} / {at} rw - ext4 /dev/{device} rw\n"
    mounts = [("/srv/mandant", "sda1"), ("/media/egon/BEWERBUNG", "sda2"), ("/data", "vault7"), ("/open", "sda3")]
    sharing.kernel.write(
        "proc/self/mountinfo",
        "".join(line.format(id=id, at=at, device=device) for id, (at, device) in enumerate(mounts, start=2)),
    )
    for name in ("vault7", "sda"):
        sharing.kernel.write(f"sys/block/{name}/size", "2097152\n")
    sharing.kernel.write_interfaces(**{"eth0": (1_000,) * 8, "wg-customer": (1_000,) * 8})
    for name in ("wg-customer", "eth0"):
        sharing.kernel.write(f"sys/class/net/{name}/mtu", "1500\n")
    sharing.write_consent(BOTH)
    sharing.record()
    recorded = dump(sharing, dumps)
    assert b"wg-customer" in recorded.files["index.html"], "what was recorded before is in the history"
    sharing.write_settings(
        filesystems={"deny": ["tmpfs", "/media/*/*", "/srv/mandant"]}, disks={"deny": ["loop*", "vault*"]},
        interfaces={"deny": ["wg-*"]},
    )
    archive = dump(sharing, dumps)
    for word in (b"mandant", b"egon", b"BEWERBUNG", b"vault", b"wg-"):
        assert word not in archive.everything, (word, [n for n, c in archive.files.items() if word in c])
    assert "/open" in archive.text("mounts") and "eth0" in archive.text("network") and "sda" in archive.text("block-devices")
    assert "file systems whose names may not be shown are left out" in archive.sections["mounts"]["problems"]
    assert "1 of the site's own" in archive.text("settings")


def test_where_nobody_can_tell_which_devices_are_denied_no_finding_names_one(sharing, dumps):
    mount = "3 1 8:3 / /srv/mandant rw - ext4 /dev/sda3 rw\n"
    sharing.kernel.write("proc/self/mountinfo", mount)
    sharing.kernel.write("statvfs", "4096 1000 0 0 1000 900 /srv/mandant\n")
    sharing.write_consent(BOTH)
    sharing.record()
    sentence = b"the file system /srv/mandant is full"
    assert sentence in dump(sharing, dumps).files["index.html"]
    sharing.write("accord.toml", '[filesystems]\ndeny = ["/srv/mandant"]\n[sampling]\ninterval = "1x"\n')
    assert b"mandant" not in dump(sharing, dumps).everything


def test_a_mistake_in_the_settings_hides_no_secret_from_the_search(sharing, dumps):
    (sharing.etc / "headers").write_text("Authorization: Bearer zebratokenzebra\n")
    sharing.kernel.write("sys/class/dmi/id/product_name", "Box zebratokenzebra geheimwort eth0\n")
    sharing.kernel.write("sys/class/net/eth0/mtu", "1500\n")
    sharing.write_consent(BOTH)
    sharing.record()
    assert b"zebratoken" in dump(sharing, dumps).everything, "nobody said that it is one"
    for mistake in ('window = "x"', "proxy = user:geheimwort@proxy:3128", 'proxy = "user:geheimwort@proxy:3128"'):
        sharing.write("accord.toml", f'[upload]\nheaders_file = "headers"\n{mistake}\n')
        archive = dump(sharing, dumps)
        assert b"zebratoken" not in archive.everything, mistake
        assert b"geheimwort" not in archive.everything or "geheimwort" not in mistake, mistake
        assert "accord.toml:3:" in archive.text("settings")
        assert "nobody can tell which are denied" in archive.sections["network"]["reason"]
        assert archive.sections["sample-environment"]["status"] == "failed"


def test_the_manifest_names_the_agreement_that_decided_also_where_accordd_has_not_seen_it(sharing, dumps):
    sharing.write_consent(BOTH)
    sharing.record()
    before = dump(sharing, dumps).manifest["agreement"]["fingerprint"]
    assert before == sharing.status()["fingerprint"]
    sharing.write_consent({"product": "share", "environment": "deny"})
    after = dump(sharing, dumps).manifest["agreement"]["fingerprint"]
    made = [row for row in sharing.accord("ledger").json if row["kind"] == "dump-made"]
    assert before != after and before in made[0]["row"] and after in made[1]["row"]
