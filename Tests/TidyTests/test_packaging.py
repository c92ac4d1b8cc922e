"""The parts of the package that say the same thing twice say it alike."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging/man"))

import settings_file  # noqa: E402

# How the readers of accord.toml ask for a key: `table.quota("keep")`, `Self.patterns("allow", …)`.
_ASKED = re.compile(r'\b(?:duration|quota|file|patterns|optional\w+)\(\s*"([a-z_]+)"')
_TABLE = re.compile(r'optionalTable\("([a-z_]+)"\)|\.read\(\s*"([a-z_]+)"')


def newest(changelog: str) -> str:
    """The version of the first entry."""
    return re.match(r"\S+ \(([^)]+)\)", changelog)[1]


def test_the_changelog_has_the_version_of_the_programs():
    version = re.search(r'text = "([^"]+)"', (ROOT / "Sources/Telemetry/AgentVersion.swift").read_text())[1]
    assert newest((ROOT / "packaging/debian/changelog").read_text()) == version


def test_the_version_is_taken_from_the_first_entry():
    assert newest("accord (1.2.3) unstable; urgency=low\n\naccord (1.2.2) unstable\n") == "1.2.3"


def test_the_supplier_s_example_is_the_example_of_an_offer():
    assert (ROOT / "packaging/supplier/offer.toml").read_bytes() == (ROOT / "etc/examples/offer.toml").read_bytes()


def settings_complaints(sources: str, file: str) -> list[str]:
    """Tables and keys that the readers know and the file does not show, or shows without a word on them."""
    asked = set(_ASKED.findall(sources))
    tables = {name for pair in _TABLE.findall(sources) for name in pair if name}
    assert asked and tables, "the pattern finds nothing in the sources"
    shown = settings_file.tables(file)
    keys = [key for table in shown for key in table.keys]
    return [
        *(f"[{name}] is not shown" for name in sorted(tables - {table.name for table in shown})),
        *(f"{name} is not shown" for name in sorted(asked - tables - {key.name for key in keys})),
        *(f"{key.name} is shown without a word on it" for key in keys if not key.comment),
    ]


def configuration_sources() -> str:
    return "".join(path.read_text() for path in (ROOT / "Sources/Configuration").glob("*.swift"))


def test_every_setting_is_shown_with_a_word_on_it():
    assert settings_complaints(configuration_sources(), (ROOT / "etc/accord.toml").read_text()) == []


@pytest.mark.parametrize(
    ("line", "changed", "complaint"),
    [
        (r"# keep_sent .*", "# another", "keep_sent is not shown"),
        (r"\[sampling\]", "[other]", "[sampling] is not shown"),
        (r"# rate ( *= \S+ \S+) .*", r"# rate \1", "rate is shown without a word on it"),
    ],
)
def test_a_setting_that_is_missing_or_unexplained_is_found(line, changed, complaint):
    file, count = re.subn(line, changed, (ROOT / "etc/accord.toml").read_text(), count=1)
    assert count == 1 and complaint in settings_complaints(configuration_sources(), file)
