"""The files of etc/ as a manual shows them: every table and key with what its comment says.

Such a file explains itself. A comment behind a table or key, or above it, is about that one; a key that is commented
out is shown like any other, with the value that it has if it is left out, or could have. Text below a table's header
and above its first key is about the table.
"""

import re
import textwrap
import tomllib
from dataclasses import dataclass, field

_TABLE = re.compile(r"^(?:# )?\[(?P<name>[a-z]+)\] *(?:# (?P<comment>.*))?$")
_KEY = re.compile(r'^(?:# )?(?P<name>[a-z_]+|"[^"]+") *= (?P<value>.*)$')


@dataclass
class Key:
    """A key as it is written, with quotes if it has any."""

    name: str
    value: str
    comment: str


@dataclass
class Table:
    """A table of the file; the first has no name."""

    name: str
    comment: str
    keys: list[Key] = field(default_factory=list)


def head(text: str) -> str:
    """The comment at the beginning of the file."""
    return " ".join(line[2:] for line in _paragraphs(text)[0])


def tables(text: str) -> list[Table]:
    found, above = [Table("", "")], []
    for lines in _paragraphs(text)[1:]:
        rest = list(lines)
        while rest:
            line = rest.pop(0)
            if header := _TABLE.match(line):
                found.append(Table(header["name"], _sentences(" ".join(above), header["comment"] or "")))
                above = []
            elif key := _KEY.match(line):
                value, comment = _value(key["value"], rest)
                if not found[-1].keys and above:
                    found[-1].comment, above = _sentences(found[-1].comment, " ".join(above)), []
                found[-1].keys.append(Key(key["name"], value, _sentences(" ".join(above), comment)))
                above = []
            else:
                above.append(line.removeprefix("# "))
    return found if found[0].keys else found[1:]


def _paragraphs(text: str) -> list[list[str]]:
    return [block.splitlines() for block in re.split(r"\n{2,}", text.strip())]


def _sentences(*parts: str) -> str:
    """Remarks one after the other: each begins with a capital letter and ends with a full stop."""
    whole = [part[0].upper() + part[1:] + "." * (not part.endswith(".")) for part in parts if part]
    return " ".join(whole)


def _value(first: str, rest: list[str]) -> tuple[str, str]:
    """A value and the comment behind it. A list may go on in the next lines."""
    text = first
    while True:
        for end in [match.start() for match in re.finditer("#", text)] + [len(text)]:
            try:
                tomllib.loads(f"value = {text[:end]}")
            except tomllib.TOMLDecodeError:
                continue
            return " ".join(text[:end].split()), text[end:].removeprefix("# ")
        text += "\n" + rest.pop(0).removeprefix("#").lstrip()


def wrapped(assignment: str, columns: int) -> str:
    """A line `key = value` that is short enough: a list is broken between its elements."""
    if len(assignment) <= columns:
        return assignment
    indentation = " " * (assignment.index("[") + 1)
    return textwrap.fill(
        assignment, columns, subsequent_indent=indentation, break_long_words=False, break_on_hyphens=False
    )


def without_comments(text: str, columns: int) -> str:
    """What is in force of the file and nothing else."""
    lines: list[str] = []
    for block in _paragraphs(text):
        kept = []
        for line in block:
            if header := _TABLE.match(line):
                kept += [] if line.startswith("#") else [f"[{header['name']}]"]
            elif (key := _KEY.match(line)) and not line.startswith("#"):
                value, _ = _value(key["value"], [])
                kept.append(wrapped(f"{line.partition('=')[0]}= {value}", columns))
        lines += ["", *kept] if kept else []
    return "\n".join(lines[1:]) + "\n"
