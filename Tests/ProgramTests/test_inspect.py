"""A dump on a support engineer's machine: `accord inspect` says whether it is whole and what it tells, without an
installation, and nothing that an archive holds can do more than be shown."""

import gzip
import json
import resource
import subprocess
import tarfile
from pathlib import Path

import pytest
from appliance import Result, program, run
from made_archives import DAY, FOLDER, HEALTH, ROWS, Archive, chained_rows, tar_of


def inspect(path: Path, *arguments: str) -> Result:
    return run([program("accord"), "inspect", str(path), *arguments])


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "dump.tar.gz"


def judged(archive: Archive, path: Path) -> list[str]:
    """What it finds wrong; the code and both forms of output agree about it."""
    return problems(archive.write(path))


def problems(path: Path) -> list[str]:
    told = inspect(path, "--json")
    (object,) = told.json
    assert told.code == (0 if object["whole"] else 1), told
    assert object["whole"] == (object["problems"] == [])
    text = inspect(path)
    assert text.code == told.code
    assert all(problem in text.out for problem in object["problems"])
    return object["problems"]


# Whole dumps.


def test_a_whole_dump_is_told_on_one_screen(path):
    result = inspect(Archive().write(path))
    assert result.code == 0 and result.err == ""
    lines = result.out.splitlines()
    assert lines[0] == "whole: 3 files as the manifest says, and the ledger's chain holds"
    text = " ".join(result.out.split())
    for said in ("case 4711", "accord 0.9.0", "in-force", "product share", "accord dump --case 4711"):
        assert said in text
    assert result.out.index("CRITICAL  disk /var: it is full") < result.out.index("NOTICE  clock: it was set")
    assert "kernel withheld - 12 ms environment is not shared" in text
    assert len(lines) < 40


def test_the_timeline_tells_what_happened_in_the_ledgers_order(path):
    lines = inspect(Archive().write(path)).out.splitlines()[-4:]
    assert [line.split("  ", 1)[1] for line in lines] == [
        "agreement abababab in force: product share",
        "the clock was set forward by 2 h",
        "5 deliveries accepted, the last at 2026-11-21T00:06:00Z",
        "product lost from the spool: 1 batch, 12 readings (quota)",
    ]
    (all_of_it,) = inspect(path, "--all", "--json").json
    assert [moment["number"] for moment in all_of_it["timeline"]] == list(range(1, len(ROWS) + 1))


def test_only_the_newest_rows_are_shown_unless_all_are_asked_for(path):
    rows = [(DAY + at, "clock-step", {"by_ms": at}) for at in range(100)]
    Archive(**{"sections/ledger.jsonl": chained_rows(rows)}).write(path)
    out = inspect(path).out
    assert "60 earlier ones with --all" in out and out.count("the clock was set") == 40
    assert inspect(path, "--all").out.count("the clock was set") == 100


def test_a_section_is_printed_as_it_was_laid_out(path):
    Archive(**{"sections/a.txt": "one\n\ttwo ä\n", "sections/b.txt": "three"}).write(path)
    assert inspect(path, "--section", "a").out == "one\n\ttwo ä\n"
    assert inspect(path, "--section", "sections/b.txt").out == "three\n"
    missing = inspect(path, "--section", "c")
    assert missing.code == 2 and "there are: summary, status, ledger, a, b" in missing.err
    withheld = inspect(path, "--section", "kernel")
    assert withheld.code == 1 and "withheld: environment is not shared" in withheld.err


def test_the_page_is_written_to_a_new_file_only(path, tmp_path):
    archive = Archive()
    archive.write(path)
    page = tmp_path / "page.html"
    assert inspect(path, "--page", str(page)).code == 0
    assert page.read_text() == archive.page and page.stat().st_mode & 0o777 == 0o600
    page.write_text("mine")
    assert inspect(path, "--page", str(page)).code == 1
    assert page.read_text() == "mine"


def test_a_dump_that_was_unpacked_and_packed_again_is_still_whole(path, tmp_path):
    with tarfile.open(Archive().write(path)) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
        names = [member.name for member in packed.getmembers()]
    again = tmp_path / "again.tar.gz"
    subprocess.run(["tar", "--format=gnu", "-czf", again, *names], cwd=tmp_path / "unpacked", check=True)
    assert problems(again) == []


def test_several_gzip_members_are_one_archive(path):
    tar = tar_of(Archive().entries())
    path.write_bytes(b"".join(gzip.compress(tar[start : start + 700]) for start in range(0, len(tar), 700)))
    assert problems(path) == []


def test_a_ledger_whose_beginning_was_left_out_or_checkpointed_away_still_holds(path):
    lines = chained_rows(ROWS).splitlines(keepends=True)
    hashes = [json.loads(line)["hash"] for line in lines]
    part = json.dumps({"after": 3, "hash": hashes[2]}) + "\n" + "".join(lines[3:])
    assert judged(Archive(**{"sections/ledger.jsonl": part}), path) == []
    # A checkpoint vouches for 40,000 rows before it at least.
    checkpoint = (DAY, "checkpoint", {"through": 2, "hash": "ab" * 32, "counts": {"upload": 2}})
    rows = [(DAY, "clock-step", {"by_ms": 1})] * 40_000 + [checkpoint]
    chain = chained_rows(rows, before=bytes.fromhex("ab" * 32), first=3)
    assert judged(Archive(**{"sections/ledger.jsonl": chain}), path) == []
    (object,) = inspect(path, "--json").json
    assert object["ledger"]["first"] == 3 and object["ledger"]["rows"] == 40_001


# Dumps that are not whole.


def test_what_was_changed_is_missing_or_was_added_is_named(path):
    changed = Archive()
    changed.files["sections/status.txt"] = "all is bad!\n"
    assert judged(changed, path) == ["sections/status.txt was changed: its SHA-256 is not the manifest's"]
    longer = Archive()
    longer.files["sections/status.txt"] += "more\n"
    assert judged(longer, path) == ["sections/status.txt has 17 bytes; the manifest says 12"]
    missing = Archive()
    del missing.files["sections/status.txt"]
    assert judged(missing, path) == ["sections/status.txt is missing"]
    added = Archive()
    added.files["sections/other.txt"] = "x"
    assert judged(added, path) == ["sections/other.txt is not listed in the manifest"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"by_ms\\\\":7200000', '"by_ms\\\\":7200001', "row 2 does not follow"),
        ('"number": 3', '"number": 4', "row 3 is missing"),
        ('"kind": "gap"', '"kind": "upload"', "row 8 does not follow"),
    ],
)
def test_an_edited_ledger_is_found_although_the_digest_fits(path, old, new, fault):
    chain = chained_rows(ROWS)
    assert old.replace("\\\\", "\\") in chain
    edited = chain.replace(old.replace("\\\\", "\\"), new.replace("\\\\", "\\"), 1)
    (problem,) = judged(Archive(**{"sections/ledger.jsonl": edited}), path)
    assert problem.startswith("the ledger's chain is broken: " + fault)


@pytest.mark.parametrize("line", ["{}", "x", '{"hash":"zz"}', '{"number":1e99,"hash":"ab"}', "[" * 100_000, "\0"])
def test_a_ledger_that_is_none_is_named(path, line):
    assert judged(Archive(**{"sections/ledger.jsonl": line + "\n"}), path) == ["line 1 of the ledger is no row"]


def test_the_page_is_shown_as_a_section_too(path):
    Archive().write(path)
    by_name, by_file = (inspect(path, "--section", name) for name in ("page", "index.html"))
    assert by_name.code == 0 and "<" in by_name.out and by_name.out == by_file.out


def test_every_truncated_dump_is_named_and_what_is_there_is_shown(path):
    whole = Archive(**{"sections/long.txt": "".join(f"{number * 7919 % 1000}\n" for number in range(4000))})
    content = whole.write(path).read_bytes()
    for length in [0, 1, 9, 40, len(content) // 2, len(content) - 9, len(content) - 1]:
        path.write_bytes(content[:length])
        assert problems(path), length
    assert "case" in inspect(path).out


@pytest.mark.parametrize("position", range(20, 1000, 61))
def test_a_damaged_byte_is_named(path, position):
    content = bytearray(Archive().write(path).read_bytes())
    content[position] ^= 0x55
    path.write_bytes(content)
    assert problems(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"PK\3\4" + bytes(100), bytes(1000), gzip.compress(b""), gzip.compress(b"x")],
    ids=["nothing", "a letter", "zip", "zeros", "gzip of nothing", "gzip of a letter"],
)
def test_what_is_no_dump_is_said_to_be_none(path, content):
    path.write_bytes(content)
    assert problems(path)


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", "{}", "null", "[" * 1_000_000, '{"format":"other","version":1}', '{"format": 1e999999}', "\0"],
)
def test_a_manifest_that_is_none_is_named(path, manifest):
    path.write_bytes(gzip.compress(tar_of([(f"{FOLDER}/manifest.json", manifest.encode())])))
    assert problems(path) == ["manifest.json is not a dump's manifest"]


def test_a_newer_form_is_named_and_not_guessed_at(path):
    archive = Archive()
    archive.manifest["version"] = 2
    assert any("newer than this version" in problem for problem in judged(archive, path))


# Wrong usage.


def test_what_is_not_a_file_is_wrong_usage(path, tmp_path):
    assert inspect(path).code == 2
    assert inspect(tmp_path).code == 2
    Archive().write(path)
    assert inspect(path, "--json", "--section", "status").code == 2


# Dumps of somebody who means ill.


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/cron.d/x", "is absolute"),
        (f"{FOLDER}/../../x", "leads upwards"),
        (f"{FOLDER}/..", "leads upwards"),
        (f"{FOLDER}//x", "has a part that is empty or a dot"),
        (f"{FOLDER}/a\x1b[2J", "characters other than"),
        (f"{FOLDER}/ä", "characters other than"),
        ("elsewhere/x", "lies outside of the dump's folder"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(path, name, said):
    path.write_bytes(gzip.compress(tar_of(Archive().entries() + [(name, b"x")])))
    told = problems(path)
    assert any(said in problem for problem in told), told


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a directory"),
    ],
)
def test_what_is_no_regular_file_is_refused(path, kind, said):
    bad = tar_of([(f"{FOLDER}/x", b"")], type=kind, linkname="/etc/passwd")
    tar = tar_of(Archive().entries())
    end = len(tar.rstrip(b"\0"))
    body = tar[: (end + 511) // 512 * 512]
    path.write_bytes(gzip.compress(body + bad))
    assert any(said in problem for problem in problems(path))


ESCAPES = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp.exe\r\x08\x7f\0"


def test_no_text_of_a_dump_reaches_the_terminal_with_its_control_characters(path):
    archive = Archive(**{"sections/status.txt": ESCAPES, "summary.json": json.dumps({"health": [
        {"level": ESCAPES, "source": None, "subject": ESCAPES, "sentence": ESCAPES, "remedy": ESCAPES}
    ]}), "sections/ledger.jsonl": chained_rows([(DAY, ESCAPES, {ESCAPES: ESCAPES})])})
    for key in ("made", "case", "agent_version", "since"):
        archive.manifest[key] = ESCAPES
    archive.manifest["command"] = [ESCAPES]
    archive.manifest["agreement"] = {"state": ESCAPES, "fingerprint": ESCAPES, "sources": {ESCAPES: ESCAPES}}
    archive.manifest["override"] = {"until": ESCAPES}
    for section in archive.manifest["sections"]:
        section |= {"title": ESCAPES, "reason": ESCAPES, "status": ESCAPES, "name": ESCAPES + section["name"]}
    archive.write(path)
    for arguments in ([], ["--all"], ["--section", "sections/status.txt"], ["--section", "nothing"]):
        result = inspect(path, *arguments)
        shown = result.out + result.err
        assert not [c for c in shown if c != "\n" and not c.isprintable()], arguments
        assert "owned" in shown
    # JSON has an escape of its own for them.
    assert all(ord(character) >= 0x20 for character in inspect(path, "--json").out.rstrip("\n"))


def limited(path: Path, *arguments: str) -> Result:
    """With 400 MB of address space for everything, most of which is the program and its libraries."""
    command = [program("accord"), "inspect", str(path), *arguments]
    limit = 400 * 1024 * 1024
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    return Result(done.returncode, done.stdout, done.stderr)


def header(name: str, size: bytes) -> bytes:
    """A header of tar with any size in it."""
    block = bytearray(512)
    block[: len(name)] = name.encode()
    block[124 : 124 + len(size)] = size
    block[148:156] = b" " * 8
    block[156:157] = b"0"
    block[257:265] = b"ustar\0" + b"00"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize(
    ("size", "said"),
    [(b"77777777777", "at most"), (b"\x80" + b"\xff" * 11, "no octal number"), (b"-1", "no octal number"), (b"8", "no octal")],
)
def test_no_memory_is_asked_for_by_what_a_header_claims(path, size, said):
    path.write_bytes(gzip.compress(header(f"{FOLDER}/x", size) + bytes(2048)))
    result = limited(path)
    assert result.code == 1 and said in result.out


def test_a_bomb_takes_neither_memory_nor_forever(path):
    compressor = gzip.compress(bytes(32 * 1024 * 1024))
    path.write_bytes(gzip.compress(header(f"{FOLDER}/x", b"77777777777")) + compressor * 200)
    assert limited(path).code == 1
    # Zeros behind the end of an archive are nobody's file.
    path.write_bytes(gzip.compress(tar_of(Archive().entries())) + compressor * 80)
    result = limited(path)
    assert result.code == 1 and "something behind the archive's end" in result.out


def test_a_million_files_are_too_many(path):
    block = header(f"{FOLDER}/x", b"00000000000")
    path.write_bytes(gzip.compress(block * 1_000_000, 1))
    result = limited(path)
    assert result.code == 1 and "more than 10000 files" in result.out


def test_a_section_beyond_a_bound_is_printed_in_part_and_says_so(path):
    files = {f"sections/{name}.txt": name * 23 * 1024 * 1024 for name in "abc"}
    archive = Archive(**files)
    section = archive.section("big") | {"files": [archive.section(file)["files"][0] for file in files]}
    archive.manifest["sections"] = [section, *map(archive.section, list(archive.files)[:3])]
    archive.write(path)
    result = limited(path, "--section", "big")
    assert result.code == 1 and "== sections/b.txt" in result.out and "== sections/c.txt" not in result.out
    assert "1 file left out, beyond 64.0 MiB in all" in result.err and "--section sections/c.txt" in result.err
    alone = limited(path, "--section", "sections/c.txt")
    assert alone.code == 0 and alone.out == files["sections/c.txt"] + "\n" and alone.err == ""


def test_a_text_of_nothing_but_controls_takes_memory_for_a_piece_of_it(path):
    count = 4 * 1024 * 1024
    archive = Archive(**{"sections/a.txt": "\0" * count + "\x9b" + "ä" * 100_000 + "\u202e"})
    result = limited(archive.write(path), "--section", "a")
    assert result.code == 0
    assert result.out == "\\u{0}" * count + "\\u{9B}" + "ä" * 100_000 + "\\u{202E}\n"


def test_bytes_that_are_no_text_are_shown_as_such_wherever_they_stand(path):
    content = b"x" * 65_535 + "ä€😀".encode() * 40_000 + b"\x80" * 100_000 + b"\xf0\x9f"
    Archive().write(path)
    path.write_bytes(gzip.compress(tar_of([(f"{FOLDER}/sections/a.txt", content)])))
    assert inspect(path, "--section", "sections/a.txt").out == content.decode(errors="replace") + "\n"


@pytest.mark.parametrize(
    ("ledger", "said"),
    [("a\n" * (23 << 20), "has more than 8.0 MiB"), ("a\n" * (4 << 20), "has more than 100000 rows")],
    ids=["bytes", "rows"],
)
def test_a_ledger_of_too_many_rows_is_named_and_not_split(path, ledger, said):
    result = limited(Archive(**{"sections/ledger.jsonl": ledger}).write(path))
    assert result.code == 1 and said in result.out


def test_a_row_whose_detail_is_too_long_is_no_row(path):
    rows = [(DAY, "upload", {"outcome": "accepted", "x": "." * (63 * 1024)})]
    assert judged(Archive(**{"sections/ledger.jsonl": chained_rows(rows)}), path) == []
    rows = [(DAY, "clock-step", {"by_ms": 1}), (DAY, "upload", {"outcome": "accepted", "x": [{}] * 30_000})]
    archive = Archive(**{"sections/ledger.jsonl": chained_rows(rows)})
    assert judged(archive, path) == ["line 2 of the ledger is no row"]


def test_what_a_detail_holds_is_looked_at_only_where_it_is_asked_for(path):
    rows = [(DAY, "upload", {"outcome": "accepted", "batches": [{}] * 20_000})] * 100
    Archive(**{"sections/ledger.jsonl": chained_rows(rows)}).write(path)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert limited(path, "--all").out.count("accepted, ") == 100
    # Of the processor's time, which other programs do not lengthen.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest["sections"].extend([manifest["sections"][-1]] * 200), "names 204 sections"),
        (lambda manifest: manifest["agreement"]["sources"].update({str(n): "share" for n in range(201)}), "names 203 sources"),
        (lambda manifest: manifest["command"].append("x" * (4 << 20)), "has more than 4.0 MiB"),
    ],
    ids=["sections", "sources", "bytes"],
)
def test_a_manifest_beyond_what_a_dump_needs_is_named(path, change, said):
    archive = Archive()
    change(archive.manifest)
    (problem,) = judged(archive, path)
    assert problem.startswith("the manifest") and said in problem and "no dump's" in problem


def test_a_summary_beyond_what_a_dump_needs_is_named(path):
    summary = json.dumps({"health": HEALTH * 60_000})
    archive = Archive(**{"summary.json": summary})
    assert judged(archive, path) == ["the summary has more than 8.0 MiB: no dump's is so large"]


def test_only_the_first_of_two_manifests_is_read(path):
    entries = Archive().entries()
    path.write_bytes(gzip.compress(tar_of(entries + [(f"{FOLDER}/manifest.json", b"{}")])))
    assert problems(path) == ["manifest.json stands in it twice"]
    path.write_bytes(gzip.compress(tar_of([(f"{FOLDER}/manifest.json", b"{}"), *entries])))
    assert "manifest.json is not a dump's manifest" in problems(path)
    assert "case" not in inspect(path).out


def test_one_long_name_does_not_make_every_line_long(path):
    archive = Archive()
    archive.manifest["sections"] += [archive.section("n") for _ in range(100)]
    archive.manifest["sections"][-1]["name"] = "n" * 1_000_000
    archive.manifest["agreement"]["sources"]["s" * 1_000_000] = "share"
    archive.write(path)
    assert len(limited(path).out) < 2_000_000


def test_many_problems_are_counted_and_not_all_told(path):
    archive = Archive()
    archive.files |= {f"sections/x{number}.txt": "" for number in range(500)}
    result = inspect(archive.write(path))
    assert result.code == 1 and "and 450 more" in result.out and len(result.out.splitlines()) < 100


def test_extreme_numbers_are_shown_and_not_computed_with(path):
    archive = Archive(**{"sections/ledger.jsonl": chained_rows([
        (2**63 - 1, "checkpoint", {"through": 2**63 - 1, "hash": "", "counts": {"upload": -(2**63)}}),
        (-(2**63), "deletion-done", {"batches": 2**63 - 1, "recut": 2**63 - 1, "readings": -(2**63)}),
        (0, "clock-step", {"by_ms": -(2**63)}),
    ])})
    for section in archive.manifest["sections"]:
        section["duration_ms"] = -(2**63)
        for file in section["files"]:
            file["bytes"] = 2**63 - 1
    assert judged(archive, path)
    for arguments in ([], ["--all"]):
        assert inspect(path, *arguments).code == 1


def test_extended_headers_are_refused(path):
    path.write_bytes(gzip.compress(tar_of([(f"{FOLDER}/x", b"")], type=tarfile.XHDTYPE)))
    assert any("an extended header" in problem for problem in problems(path))
