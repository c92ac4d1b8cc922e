"""Text as a manual page, in the macros of man(7).

The text is that of `--help` and of the parts beside this file. It knows, one blank line apart:

    # HEADING, ## Subheading       a section, a subsection
    some words `a command`         a paragraph; what stands in backticks and names as accordd(8) are bold
    term                           a term, and below it what it means
    : what it means
        four blanks                an example, kept as it is
"""

import re
import textwrap

# What is left of 80 columns in an example.
EXAMPLE_COLUMNS = 73

_SPECIAL = {"\\": r"\(rs", "-": r"\-", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga", '"': r"\(dq", "'": r"\(aq"}
_BOLD = re.compile(r"`([^`]+)`|\b([a-z][\w.-]+)(\(\d\))")


def escaped(text: str) -> str:
    """The text such that every character stands for itself, wherever in a line."""
    return "".join(_SPECIAL.get(each) or (each if each.isascii() else f"\\[u{ord(each):04X}]") for each in text)


def bold(text: str) -> str:
    return rf"\fB{escaped(text)}\fP"


def italic(text: str) -> str:
    return rf"\fI{escaped(text)}\fP"


def inline(text: str) -> str:
    """Words of a paragraph, on one line. A new sentence begins a line of its own, as man pages are written."""
    result, position = "", 0
    for match in _BOLD.finditer(text):
        result += escaped(text[position : match.start()])
        result += bold(match[1]) if match[1] else bold(match[2]) + match[3]
        position = match.end()
    result += escaped(text[position:])
    lines = re.sub(r"(?<=[a-z)P][.:!?]) (?=[A-Z\\])", "\n", " ".join(result.split())).split("\n")
    return "\n".join(_not_a_request(line) for line in lines)


def _not_a_request(line: str) -> str:
    return rf"\&{line}" if line.startswith(".") else line


def paragraph(text: str) -> str:
    return f".PP\n{inline(text)}\n"


def term(name: str, meaning: str) -> str:
    """A term that is roff already, and what it means."""
    return f".TP\n{name}\n{inline(meaning)}\n"


def example(text: str) -> str:
    """Lines as they are. One that is too long for a screen is refused: it would be cut or broken anywhere."""
    lines = text.rstrip().splitlines()
    for line in lines:
        if len(line) > EXAMPLE_COLUMNS:
            raise ValueError(f"an example is wider than {EXAMPLE_COLUMNS} columns: {line}")
    return ".PP\n.EX\n" + "".join(f"{_not_a_request(escaped(line))}\n" for line in lines) + ".EE\n"


def section(title: str) -> str:
    return f".SH {quoted(title)}\n"


def subsection(title: str) -> str:
    return f".SS {quoted(title)}\n"


def name_line(name: str, abstract: str) -> str:
    """What whatis(1) shows: no capital letter, no full stop, nothing bold."""
    text = abstract.replace("`", "").rstrip(".")
    return rf"{escaped(name)} \- {escaped(text[0].lower() + text[1:])}" + "\n"


def title(name: str, number: int, date: str, version: str) -> str:
    fields = [quoted(name.upper()), str(number), f'"{date}"', quoted(version), '"Accord"']
    # Names of files and options are copied from a screen: no hyphen is put into them, no gap between words stretched.
    return ".TH " + " ".join(fields) + "\n.nr HY 0\n.ad l\n"


def quoted(text: str) -> str:
    """An argument of a macro."""
    return f'"{escaped(text)}"'


def finished(page: str) -> str:
    """The page without what has no effect: the first paragraph of a section needs no macro."""
    return re.sub(r"^(\.S[HS] .+\n)\.PP\n", r"\1", page, flags=re.MULTILINE)


def body(text: str) -> str:
    """Everything between two directives."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip("\n")) if block.strip())


def _block(block: str) -> str:
    if block.startswith("## "):
        return subsection(block[3:])
    if block.startswith("# "):
        return section(block[2:])
    if all(line.startswith("    ") for line in block.splitlines()):
        return example(textwrap.dedent(block))
    name, is_term, meaning = block.partition("\n: ")
    if is_term and "\n" not in name:
        return term(inline(name), meaning)
    return paragraph(block)
