"""The example of a supplier's own package: small, and it leaves to the customer what is the customer's."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_brings_the_offer_and_its_certificate_and_nothing_else_that_counts(offer):
    counted = {path for path in offer.content if not path.startswith(("/usr/share/doc/", "/usr/share/lintian/"))}
    assert counted == {"/etc/accord/offer.toml", "/etc/accord/supplier-ca.pem"}
    assert {member.mode for member in offer.members if member.isfile()} == {0o644}
    assert offer.path.stat().st_size < 8_000


def test_neither_file_is_a_conffile_and_no_script_runs(offer):
    assert set(offer.control) == {"/control", "/md5sums"}


def test_its_version_begins_with_the_revision_of_the_offer(offer):
    revision = re.search(rb"^revision\s*=\s*(\d+)", offer.content["/etc/accord/offer.toml"], re.MULTILINE)[1].decode()
    assert offer.fields["Version"].split(".")[0] == revision


def test_an_appliance_has_one_offer(offer):
    assert (offer.fields["Provides"], offer.fields["Conflicts"]) == ("accord-offer", "accord-offer")
    # Removing accord does not remove the offer.
    assert "Depends" not in offer.fields and offer.fields["Recommends"] == "accord"


def test_an_offer_under_an_old_number_is_not_packed(tmp_path):
    folder = tmp_path / "supplier"
    subprocess.run(["cp", "-r", ROOT / "packaging/supplier", folder], check=True)
    file = folder / "offer.toml"
    file.write_text(re.sub(r"(?m)^revision( *)= 2", r"revision\1= 3", file.read_text()))
    done = subprocess.run([folder / "build-deb", tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and "revision" in done.stderr
    assert list(tmp_path.glob("*.deb")) == []


def test_the_certificate_is_an_authority_that_others_can_read(offer, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(offer.content["/etc/accord/supplier-ca.pem"])
    text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", file], capture_output=True, text=True).stdout
    assert "CA:TRUE" in text and "Example Devices Ltd test CA" in text
