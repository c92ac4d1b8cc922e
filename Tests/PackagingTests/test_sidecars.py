"""What lies beside the package: checksums, the bill of materials, the list for an offline installation."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_checksums_are_those_of_every_file_beside_them(dist):
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=dist, capture_output=True).returncode == 0
    named = {line.split("  ")[1] for line in (dist / "SHA256SUMS").read_text().splitlines()}
    assert named == {path.name for path in dist.iterdir()} - {"SHA256SUMS"}


@pytest.fixture(scope="module")
def bill(dist) -> dict:
    (path,) = dist.glob("accord_*.spdx.json")
    return json.loads(path.read_text())


def test_the_bill_of_materials_has_what_spdx_demands(bill):
    assert (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert {"name", "documentNamespace", "creationInfo"} <= bill.keys()
    known = [bill["SPDXID"], *(item["SPDXID"] for item in bill["packages"] + bill["files"])]
    assert len(known) == len(set(known)), "two things have one name"
    assert all(re.fullmatch("SPDXRef-[A-Za-z0-9.-]+", name) for name in known)
    for relationship in bill["relationships"]:
        assert {relationship["spdxElementId"], relationship["relatedSpdxElement"]} <= set(known)
    for package in bill["packages"]:
        assert {"name", "downloadLocation"} <= package.keys()


def test_the_bill_names_every_file_with_its_digest(bill, accord):
    listed = {
        file["fileName"][1:]: {sum["algorithm"]: sum["checksumValue"] for sum in file["checksums"]}
        for file in bill["files"]
    }
    digests = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256}
    assert listed == {
        path: {name: digest(content).hexdigest() for name, digest in digests.items()}
        for path, content in accord.content.items()
    }


def test_the_bill_is_of_this_package(bill, accord):
    (main,) = [package for package in bill["packages"] if package["SPDXID"] == "SPDXRef-accord"]
    assert main["versionInfo"] == accord.fields["Version"]
    assert main["checksums"][0]["checksumValue"] == hashlib.sha256(accord.path.read_bytes()).hexdigest()


def test_the_bill_names_what_is_inside_and_what_is_needed(bill, accord):
    kinds = {kind: set() for kind in ("STATIC_LINK", "DEPENDS_ON")}
    names = {package["SPDXID"]: package["name"] for package in bill["packages"]}
    for relationship in bill["relationships"]:
        if relationship["relationshipType"] in kinds:
            kinds[relationship["relationshipType"]].add(names[relationship["relatedSpdxElement"]])
    assert kinds["STATIC_LINK"] >= {"swift", "gcc", "swift-argument-parser", "swift-foundation"}
    assert kinds["DEPENDS_ON"] == {re.match(r"\S+", part)[0] for part in accord.fields["Depends"].split(", ")}
    manifest = (ROOT / "Package.swift").read_text()
    for name, version in re.findall(r'/([\w-]+)", exact: "([^"]+)"', manifest):
        assert (name, version) in {(package["name"], package.get("versionInfo")) for package in bill["packages"]}


def test_the_list_for_an_offline_installation_is_complete(dist, tmp_path):
    (path,) = dist.glob("accord_*-dependencies.txt")
    listed = [line.split("=") for line in path.read_text().splitlines() if not line.startswith("#")]
    assert all(len(entry) == 2 for entry in listed)
    names = {name for name, _ in listed}
    assert {"libcurl4", "libsqlite3-0"} <= {re.sub("t64$", "", name) for name in names}
    # The essential packages, and what they need themselves, are on every Debian.
    assert names.isdisjoint({"libc6", "dpkg", "base-files"})
    # Whatever a listed package needs is listed, or comes with the essential ones.
    (package,) = dist.glob("accord_*.deb")
    empty = tmp_path / "nothing"
    empty.touch()
    apt = ["apt-get", "--simulate", "--no-install-recommends", "-o", f"Dir::State::status={empty}", "install"]

    def installed(*wanted: str) -> set[str]:
        text = subprocess.run([*apt, *wanted], capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"^Inst (\S+)", text, re.MULTILINE))

    assert installed(str(package)) - {"accord"} <= names | installed("?essential")
