"""The manual as packaging/man-pages writes it, and as a person reads it: rendered, in sections."""

import os
import re
import shutil
import subprocess
import textwrap
from functools import cache
from pathlib import Path

import pytest
from appliance import program, run

ROOT = Path(__file__).resolve().parents[2]

# 2026-11-21: without a date mandoc complains.
EPOCH = "1795219200"

COLUMNS_MAX = 80


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def write_pages(folder: Path, accordd: str | None = None) -> Path:
    """Makes the pages in a folder; `accordd` may be another program with another --help."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    command = [ROOT / "packaging/man-pages", "--accord", program("accord"), "--accordd", accordd or program("accordd")]
    subprocess.run([*command, folder], check=True, env=environment)
    return folder


def tool(name: str) -> str:
    """The path of a program that reads manual pages; the test is skipped where there is none."""
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed; packaging/set-up installs it")
    return path


class Page:
    """A page on a screen of 80 columns, without bold and underlined letters."""

    def __init__(self, path: Path):
        plain = ["-P-c", "-P-b", "-P-o", "-P-u"]
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        command = [tool("groff"), "-man", "-Tutf8", *plain, str(path)]
        self.text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def section(self, title: str) -> str:
        """What stands below a heading, to the next one."""
        found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^\S)", self.text, re.MULTILINE | re.DOTALL)
        assert found, f"the page has no section {title}"
        return found[1]

    def subsection(self, title: str) -> str:
        """The same of a subheading."""
        found = re.search(rf"^   {re.escape(title)}\n(.*?)(?=^ {{0,3}}\S)", self.text, re.MULTILINE | re.DOTALL)
        assert found, f"the page has no subsection {title}"
        return found[1]

    def file_in(self, title: str) -> str:
        """The TOML file that a section shows, from its first line that is one."""
        lines = textwrap.dedent(self.section(title)).splitlines()
        first = next(index for index, line in enumerate(lines) if re.match(r"\[|\w+ +=", line))
        return "\n".join(lines[first:]).strip() + "\n"


@cache
def help_of(name: str, *verb: str) -> str:
    result = run([program(name), *verb, "--help"])
    assert (result.code, result.err) == (0, "")
    return result.out


def verbs(*above: str) -> list[tuple[str, ...]]:
    """Every command, as its --help and that of those above it tell."""
    listed = help_of("accord", *above).partition("SUBCOMMANDS:\n")[2].partition("\n\n")[0]
    own = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    return [verb for name in own for verb in [(*above, name), *verbs(*above, name)]]


def entries(help_text: str, heading: str) -> list[tuple[str, str]]:
    """What stands in a list of --help, `OPTIONS` or `ARGUMENTS`, and what is said of each."""
    block = help_text.partition(f"{heading}:\n")[2].partition("\n\n")[0]
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if match := re.match(r"  (\S.*?)(?:  +(.*))?$", line):
            if not line.startswith("   "):
                found.append((match[1], match[2] or ""))
                continue
        name, meaning = found.pop()
        found.append((name, f"{meaning} {line.strip()}"))
    return found


def exit_codes(text: str) -> list[str]:
    """`0 done`, `1 failed` …"""
    (codes,) = re.findall(r"Exit codes: (\d .+?)\.(?:\s|$)", text, re.DOTALL)
    return re.split(r", (?=\d )", words(codes))
