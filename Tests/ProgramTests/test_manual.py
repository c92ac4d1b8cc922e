"""The manual says what the programs say and what their readers take: every command, option, key and exit code.

Nothing is listed here. Commands and options come from --help; a reader names all its keys itself when it is given one
that it does not know.
"""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from appliance import Appliance
from manual_page import (
    COLUMNS_MAX,
    ROOT,
    Page,
    entries,
    exit_codes,
    help_of,
    tool,
    verbs,
    words,
    write_pages,
)

PAGES = ["accord.1", "accordd.8", "accord.toml.5", "accord-offer.5", "accord-consent.5"]

# Tables whose keys are names of the catalog: hundreds, which `accord catalog` lists.
FREE_TABLES = {"redact"}


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Path:
    """The folder with all pages."""
    return write_pages(tmp_path_factory.mktemp("manual"))


@cache
def rendered(path: Path) -> Page:
    return Page(path)


# ---------------------------------------------------------------------------------------------------------------
# The programs.


def missing(help_text: str, *sections: str) -> list[str]:
    """What of the lists of a --help stands in none of the sections, with what it is for."""
    shown = " ".join(map(words, sections))
    complaints = []
    for heading in ("OPTIONS", "ARGUMENTS"):
        for name, meaning in entries(help_text, heading):
            said = re.sub(r"\(values: .*|\(default(?: as flag)?: .*", "", words(meaning)).strip()
            for word in re.findall(r"--?[\w-]+|<[^>]+>", name):
                if word.strip("<>") not in shown:
                    complaints.append(f"{word} is missing")
            if said not in shown:
                complaints.append(f"{name}: '{said}' is missing")
    return complaints


def test_every_command_has_a_section_with_its_options_arguments_and_example(pages):
    page = rendered(pages / "accord.1")
    found = verbs()
    assert ("consent", "plan") in found and len(found) > 15
    everywhere = page.section("OPTIONS OF ALL COMMANDS")
    for verb in found:
        text = help_of("accord", *verb)
        own = page.subsection(" ".join(["accord", *verb]))
        assert missing(text, own, everywhere) == [], verb
        if verb == ("help",):
            continue
        head = words(text.partition("USAGE:")[0]).replace("`", "")
        assert head.startswith("OVERVIEW: ")
        assert re.search(r"^Example: (.+)$", text, re.MULTILINE)[1] in words(own)
        # The whole text is there: the example comes last in both.
        for sentence in re.split(r"(?<=\.) ", head.removeprefix("OVERVIEW: ")):
            assert sentence in words(own), verb


def test_an_option_that_the_page_does_not_have_is_found():
    text = "OPTIONS:\n  --loud <level>          How loud it is\n                          at night.\n\n"
    assert missing(text, "--loud level How loud it is at night.") == []
    assert missing(text, "--loud level") == ["--loud <level>: 'How loud it is at night.' is missing"]
    assert missing(text, "level How loud it is at night.") == ["--loud is missing"]


def test_the_agent_s_page_has_all_that_its_help_says(pages):
    check_daemon_page(rendered(pages / "accordd.8"), help_of("accordd"))


def check_daemon_page(page: Page, text: str) -> None:
    """Every option with its meaning, every sentence and the example."""
    said = words(page.text).lower()
    for line in re.findall(r"^  (-.*(?:\n {6,}.*)*)", text, re.MULTILINE):
        flag, meaning = re.split(r"  +", words_of_option(line), maxsplit=1)
        assert f"{flag} {meaning}".lower() in said
    elsewhere = r"^  [^\n]*|^Usage: [^\n]*(?:\n [^\n]*)*|Exit codes: .*?\.(?=\s)|^Example: |^accordd: |`"
    prose = re.sub(elsewhere, "", text, flags=re.MULTILINE | re.DOTALL)
    for sentence in re.split(r"(?<=\.)\s+|\n\n+", prose.strip()):
        assert words(sentence).rstrip(".").lower() in said, sentence


def words_of_option(line: str) -> str:
    """An option in one line; what it means begins after two blanks."""
    first, *more = line.splitlines()
    return " ".join([first, *map(str.strip, more)])


HELP_OF_ANOTHER_AGENT = """\
accordd: does more, and says `so`. It hums.

Usage: accordd [--prefix DIR] [--check]
       accordd --loud LEVEL

  --prefix DIR  where everything is found (default /)
  --check       says what is wrong with the settings
                and ends
  --loud LEVEL  hums

Example: accordd --loud 3

It hums until SIGTERM. A SIGHUP makes it read
the settings again.
Exit codes: 0 stopped, 1 cannot hum, or
does not want to, 2 wrong usage.
"""


def test_the_agent_s_page_grows_with_its_help(tmp_path):
    other = tmp_path / "accordd"
    other.write_text(f"#!/bin/sh\ncat <<'END'\n{HELP_OF_ANOTHER_AGENT}END\n")
    other.chmod(0o755)
    page = Page(write_pages(tmp_path / "man", str(other)) / "accordd.8")
    check_daemon_page(page, HELP_OF_ANOTHER_AGENT)
    synopsis = ["accordd [--prefix DIR] [--check]", "accordd --loud LEVEL"]
    assert [line.strip() for line in page.section("SYNOPSIS").splitlines() if line] == synopsis
    assert "1 Cannot hum, or does not want to. 2 Wrong usage." in words(page.section("EXIT STATUS"))


@pytest.mark.parametrize(("name", "number"), [("accord", 1), ("accordd", 8)])
def test_the_exit_codes_are_those_of_the_help(pages, name, number):
    codes = exit_codes(help_of(name))
    assert len(codes) > 2
    listed = words(rendered(pages / f"{name}.{number}").section("EXIT STATUS"))
    assert listed.lower() == " ".join(f"{code}." for code in codes).lower()


# ---------------------------------------------------------------------------------------------------------------
# The files. A reader that finds a key it does not know names all that it does.


def known_keys(complaint: str) -> list[str]:
    expected = re.search(r"unknown key 'zzz'[^;]*; expected (.+)", complaint)
    assert expected, complaint
    return re.findall(r"'([^']+)'", expected[1])


def keys_of_settings(appliance: Appliance, table: str) -> list[str]:
    appliance.write("accord.toml", f"[{table}]\nzzz = 1\n" if table else "zzz = 1\n")
    return known_keys(appliance.accord("doctor", json=False).out)


def keys_of_half(appliance: Appliance, name: str, table: str) -> list[str]:
    """Below the table's header in the example."""
    for half in ("offer.toml", "consent.toml"):
        appliance.write(half, (ROOT / "etc/examples" / half).read_text())
    example = (ROOT / "etc/examples" / name).read_text()
    header = f"[{table}]" if table else "# "
    example = example.replace(f"\n# {header}", f"\n{header}")
    appliance.write(name, re.sub(rf"^{re.escape(header)}.*$", r"\g<0>\nzzz = 1", example, count=1, flags=re.MULTILINE))
    return known_keys(appliance.accord("consent", "check", json=False).err)


def is_table(example: str, key: str) -> bool:
    return re.search(rf"^(# )?\[{key}\]", example, re.MULTILINE) is not None


def test_every_key_of_the_settings_stands_in_their_page_with_what_it_means(bare_appliance, pages):
    page = rendered(pages / "accord.toml.5")
    tables = keys_of_settings(bare_appliance, "")
    assert "sampling" in tables
    for table in tables:
        section = page.subsection(f"[{table}]")
        for key in keys_of_settings(bare_appliance, table):
            assert re.search(rf"^ {{7}}{key}\b( = \S.*\n {{14}}|  +)\S", section, re.MULTILINE), f"{table}.{key}"


@pytest.mark.parametrize(("name", "file"), [("accord-offer.5", "offer.toml"), ("accord-consent.5", "consent.toml")])
def test_every_key_of_both_halves_stands_in_its_page(bare_appliance, pages, name, file):
    page = rendered(pages / name)
    example = (ROOT / "etc/examples" / file).read_text()
    top = keys_of_half(bare_appliance, file, "")
    assert {"schema", "supplier"} <= set(top)
    plain = [key for key in top if not is_table(example, key)]
    for key in plain:
        # A source has a table of its own, which the prose names, or a key with a meaning.
        assert re.search(rf"^ {{7}}{key} = .+\n {{14}}\S|^ {{7}}.*\b{key}\b", page.section("KEYS"), re.MULTILINE), key
    # Of the offer's sources that are commented out there is only the name: they are like the first.
    tables = [table for table in top if file == "consent.toml" or f"\n[{table}]" in example]
    for table in set(tables) - set(plain) - FREE_TABLES:
        for key in keys_of_half(bare_appliance, file, table):
            assert re.search(rf"\b{key}\b", page.section("KEYS")), f"{table}.{key}"


def test_every_mode_and_source_stands_in_the_page_of_the_consent(bare_appliance, pages):
    page = words(rendered(pages / "accord-consent.5").text)
    complaint = bare_appliance.accord("consent", "set", "nowhere=share", json=False).err
    sources = re.findall(r"\w+", complaint.partition("expected one of ")[2].partition(";")[0].splitlines()[0])
    assert len(sources) == 7 and ", ".join(sources) in page
    for mode in ("deny", "local", "share", "keep", "hash", "drop"):
        assert f'"{mode}"' in page


def test_the_examples_of_the_pages_are_in_order(bare_appliance, pages, certificates):
    offer = rendered(pages / "accord-offer.5").file_in("EXAMPLES")
    consent = rendered(pages / "accord-consent.5").file_in("EXAMPLES")
    for name, text in (("offer.toml", offer), ("consent.toml", consent)):
        bare_appliance.write(name, text)
        assert tomllib.loads(text) == tomllib.loads((ROOT / "etc/examples" / name).read_text())
    (bare_appliance.etc / "supplier-ca.pem").write_bytes(certificates.ca.read_bytes())
    check = bare_appliance.accord("consent", "check", json=False)
    assert (check.code, check.out.splitlines()[0]) == (0, "in order: product, environment shared")


def test_the_example_of_the_settings_is_in_order(bare_appliance, pages):
    bare_appliance.write("accord.toml", rendered(pages / "accord.toml.5").file_in("EXAMPLES"))
    assert re.match(r"settings +(in order|ok)", bare_appliance.accord("doctor", json=False).out)


# ---------------------------------------------------------------------------------------------------------------
# The form.


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_clean_and_fits_a_screen(pages, name):
    path = pages / name
    for command in (["groff", "-man", "-Tutf8", "-ww", "-z"], ["mandoc", "-Tlint", "-W", "warning"]):
        done = subprocess.run([tool(command[0]), *command[1:], path], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lines = rendered(path).text.splitlines()
    assert [line for line in lines if len(line) > COLUMNS_MAX] == []
    # Nothing that a person types is broken at the end of a line.
    assert [line for line in lines if line.endswith("\N{HYPHEN}")] == []
    assert path.read_text().isascii()


def test_the_linters_find_what_is_wrong(tmp_path):
    bad = tmp_path / "bad.1"
    bad.write_text('.TH "BAD" 1 "2026-11-21"\n.SH NAME\nbad \\- it\n.XYZ\n')
    for command in (["groff", "-man", "-Tutf8", "-ww", "-z"], ["mandoc", "-Tlint", "-W", "warning"]):
        done = subprocess.run([tool(command[0]), *command[1:], bad], capture_output=True, text=True)
        assert "XYZ" in done.stdout + done.stderr


def test_the_same_tree_gives_the_same_bytes(pages, tmp_path):
    again = write_pages(tmp_path / "again")
    assert sorted(path.name for path in again.iterdir()) == sorted(PAGES)
    for name in PAGES:
        text = (pages / name).read_bytes()
        assert text == (again / name).read_bytes() and b'"2026-11-21"' in text.splitlines()[0]
