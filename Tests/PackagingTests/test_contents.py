"""What the package brings to an appliance, and what it does there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A megabyte is a million bytes here.
PACKAGE_BYTES_MAX = 8_000_000
UNPACKED_BYTES_MAX = 24_000_000


def listing(package) -> list[str]:
    """Mode, owner and path of everything, as contents.txt holds them. Debian 13 puts units below /usr/lib."""
    return sorted(
        f"{member.mode:04o} {member.uname}:{member.gname} {re.sub('^[.]/lib/', './usr/lib/', member.name)[1:]}"
        for member in package.members
        if not member.isdir()
    )


def test_the_package_holds_exactly_what_is_listed(accord):
    assert listing(accord) == (Path(__file__).parent / "contents.txt").read_text().splitlines()


def mode_complaints(members) -> list[str]:
    complaints = []
    for member in members:
        if (member.uid, member.gid) != (0, 0):
            complaints.append(f"{member.name} belongs to {member.uid}:{member.gid}")
        if member.mode & 0o6000:
            complaints.append(f"{member.name} is set-user-id or set-group-id")
        if member.mode & 0o022 and not member.issym():
            complaints.append(f"{member.name} can be written by others than root")
    return complaints


def test_everything_is_roots_and_nobody_else_can_write_it(accord, offer, symbols):
    for package in (accord, offer, symbols):
        assert package.members and mode_complaints(package.members) == []


@pytest.mark.parametrize(("mode", "uid"), [(0o4755, 0), (0o2755, 0), (0o777, 0), (0o664, 0), (0o644, 1)])
def test_a_bad_mode_or_owner_is_found(accord, mode, uid):
    member = accord.members[0].replace(mode=mode, uid=uid)
    assert len(mode_complaints([member])) == 1


def test_the_settings_are_conffiles_and_no_half_of_the_agreement_is_there(accord):
    assert accord.control["/conffiles"].decode().split() == [
        "/etc/accord/accord.toml",
        "/etc/logcheck/ignore.d.server/accord",
    ]
    assert [path for path in accord.content if re.search(r"^/etc/.*(consent|offer)\.toml", path)] == []


def test_no_maintainer_script_names_a_half_of_the_agreement(accord):
    # What purging removes, it removes by folder.
    for script in ("preinst", "postinst", "prerm", "postrm", "config"):
        text = accord.control.get(f"/{script}", b"").decode()
        assert not re.search(r"consent|offer", re.sub("#.*", "", text)), script


def test_the_settings_are_those_of_the_tree(accord):
    assert accord.content["/etc/accord/accord.toml"] == (ROOT / "etc/accord.toml").read_bytes()


def test_the_package_needs_what_its_programs_link_and_nothing_else(accord):
    names = {re.match(r"\S+", part)[0] for part in accord.fields["Depends"].split(", ")}
    assert {re.sub("t64$", "", name) for name in names} == {
        *{"libc6", "libcurl4", "libmd0", "libsqlite3-0", "zlib1g"},
        "systemd",  # or systemd-standalone-sysusers: makes the user
    }
    assert accord.fields["Recommends"] == "ca-certificates"


def test_the_control_file_says_what_it_is(accord):
    fields = accord.fields
    assert (fields["Package"], fields["Section"], fields["Priority"]) == ("accord", "admin", "optional")
    version = re.search(r'text = "([^"]+)"', (ROOT / "Sources/Telemetry/AgentVersion.swift").read_text())[1]
    assert fields["Version"] == version


def test_both_programs_are_stripped_and_their_symbols_are_in_a_package_of_their_own(accord, symbols, tmp_path):
    for path in ("/usr/bin/accord", "/usr/sbin/accordd"):
        program = tmp_path / "program"
        program.write_bytes(accord.content[path])
        sections = subprocess.run(["readelf", "-SWn", program], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert not re.search(r"\.(symtab|debug_info)\b", sections), path
        build_id = re.search("Build ID: ([0-9a-f]{40})", sections)[1]
        assert f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug" in symbols.content


def test_no_folder_of_the_machine_that_built_it_is_in_the_package(accord, symbols):
    for package in (accord, symbols):
        for path, content in package.content.items():
            assert str(ROOT).encode() not in content, f"{path} names the tree's folder"


def test_the_package_stays_within_its_budget(accord):
    size = accord.path.stat().st_size
    unpacked = sum(len(content) for content in accord.content.values())
    assert size <= PACKAGE_BYTES_MAX and unpacked <= UNPACKED_BYTES_MAX, f"{size:,} bytes, {unpacked:,} unpacked"


def test_the_manual_reads_without_a_complaint(accord, tmp_path):
    pages = [path for path in accord.content if path.startswith("/usr/share/man/")]
    assert len(pages) == 5
    for path in pages:
        page = tmp_path / Path(path).name
        page.write_bytes(accord.content[path])
        command = ["man", "--warnings", "--encoding=UTF-8", "--local-file", page]
        done = subprocess.run(command, capture_output=True, text=True, env={"MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
        assert (done.returncode, done.stderr) == (0, "") and len(done.stdout) > 500, path


def test_every_example_that_the_package_brings_is_the_trees(accord):
    for half in ("offer.toml", "consent.toml"):
        example = accord.content[f"/usr/share/doc/accord/examples/{half}"]
        assert example == (ROOT / "etc/examples" / half).read_bytes()
