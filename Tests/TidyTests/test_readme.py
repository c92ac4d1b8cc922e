"""README.md says what the programs do: its commands exist, and what is the same on every machine is literal.

The demo's output is not compared: it differs with each machine (devices, figures, whether its clock is kept), is cut
by hand, and takes 41 s. That every command of it, and every sentence above one, stands in the README is.
"""

import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from test_linkage import output, program

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DEMO = (ROOT / "Tests/Demo/run").read_text()

# "accord consent show" and "accord outbox [ID]" in a sentence or a table, or a line of a block.
_COMMAND = re.compile(r"`accord ([^`]+)`|^    \$ accord (.+)$", re.MULTILINE)


def commands(text: str) -> list[list[str]]:
    """The arguments of each `accord` command line that a text names."""
    return [shlex.split(match[1] or match[2]) for match in _COMMAND.finditer(text)]


@cache
def help_of(verb: tuple[str, ...]) -> str:
    return output(program("accord"), *verb, "--help")


def command_complaints(arguments: list[str]) -> list[str]:
    """What of a command line its own help does not know."""
    verb: tuple[str, ...] = ()
    rest = list(arguments)
    while rest and re.search(rf"^  {re.escape(rest[0])}\s", help_of(verb).partition("SUBCOMMANDS:")[2], re.MULTILINE):
        verb += (rest.pop(0),)
    if not verb:
        return [f"accord has no command '{arguments[0]}'"]
    known = help_of(verb)
    return [
        f"accord {' '.join(verb)} has no {word}"
        for word in rest
        if (word.startswith("--") and not re.search(rf"^  (?:-\w, )?{word}\b", known, re.MULTILINE))
        or (not word.startswith("-") and "SUBCOMMANDS:" in known)
    ]


def block_after(line: str) -> list[str]:
    """The indented lines of the README below that one, which is a part of the block, without their indentation."""
    lines = README.splitlines()
    begin = lines.index(line)
    end = next(index for index in range(begin, len(lines)) if not lines[index].startswith("    ") and lines[index])
    return [line.removeprefix("    ") for line in lines[begin:end] if line]


def readme_consent() -> str:
    """The consent that the README shows."""
    (block,) = re.findall(r"(?:^(?:    .*schema .*)\n)(?:^(?:    .*)?\n)+", README, re.MULTILINE)
    return "\n".join(line.removeprefix("    ") for line in block.splitlines()) + "\n"


def consent_check(prefix: Path, consent: str) -> tuple[int, list[str]]:
    """Exit code and output of `accord consent check`, with the example's offer, as if the prefix were /."""
    etc = prefix / "etc/accord"
    etc.mkdir(parents=True)
    shutil.copy(ROOT / "etc/examples/offer.toml", etc / "offer.toml")
    (etc / "consent.toml").write_text(consent)
    for file in etc.iterdir():
        file.chmod(0o644)
    done = subprocess.run(
        [program("accord"), "consent", "check", "--prefix", str(prefix)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout.replace(f"{prefix}/", "/").splitlines()


def test_every_command_that_the_readme_names_exists_with_its_options():
    named = commands(README)
    assert len(named) > 10 and ["consent", "check"] in named
    assert [complaint for arguments in named for complaint in command_complaints(arguments)] == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("telepathy", "accord has no command 'telepathy'"),
        ("status --loud", "accord status has no --loud"),
        ("consent withdraw", "accord consent has no withdraw"),
        ("consent show --kernel-root .", "accord consent show has no --kernel-root"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command, complaint):
    for text in (f"see `accord {command}`", f"    $ accord {command}\n"):
        (arguments,) = commands(text)
        assert command_complaints(arguments) == [complaint]


def test_the_table_of_signals_is_what_the_program_prints():
    table = README.partition("<!-- catalog: written by make readme -->\n")[2].partition("<!-- end of the catalog -->")[0]
    assert table.count("\n") > 10
    assert table == output(program("accord"), "catalog", "--markdown"), "`make readme` writes it anew"


def test_the_consent_that_the_readme_shows_is_in_order(tmp_path):
    code, (result, *_) = consent_check(tmp_path, readme_consent())
    assert (code, result) == (0, "in order: product shared")


def test_the_refusal_that_the_readme_shows_is_what_is_printed(tmp_path):
    _, *shown = block_after("    $ accord consent check")
    misspelt = readme_consent().replace('environment = "local"', 'environment = "locl"')
    assert consent_check(tmp_path, misspelt) == (4, shown)


def test_the_exit_codes_are_those_that_the_program_names():
    (codes,) = re.findall(r"Exit codes: [^.]+\.", README)
    assert codes in " ".join(help_of(()).split())


def demo_lines(script: str) -> list[str]:
    """The commands and sentences that the demo shows, in order; a variable of the script is any text."""
    shown = re.findall(r"""^(say|show|printf) (['"])(.+?)\2$""", script, re.MULTILINE | re.DOTALL)
    marks = {"say": "# ", "show": "$ ", "printf": ""}
    lines = [marks[verb] + text.replace('\\"', '"').replace("\\n", "") for verb, _, text in shown]
    return [line.replace("$summary", "$ python Tests/Receiver/summary.py").replace("$ $ ", "$ ") for line in lines]


def demo_complaints(lines: list[str], readme: str) -> list[str]:
    """What the demo shows and the README does not, or not in this order."""
    position, missing = 0, []
    text = "\n".join(line.removeprefix("    ") for line in readme.splitlines())
    for line in lines:
        pattern = re.sub(r"\\\$next", r"\\d+", re.escape(line))
        found = re.compile(pattern).search(text, position)
        if found:
            position = found.end()
        else:
            missing.append(line)
    return missing


def test_the_demo_in_the_readme_has_every_step_of_the_demo_in_order():
    lines = [line for line in demo_lines(DEMO) if line.startswith(("# ", "$ "))]
    assert len(lines) > 20
    assert demo_complaints(lines, README) == []


def test_a_step_that_is_missing_or_out_of_order_is_found():
    script = "say 'One.'\nshow 'accord status --since $next'\n"
    good = "    # One.\n    $ accord status --since 5\n"
    assert demo_complaints(demo_lines(script), good) == []
    assert demo_complaints(demo_lines(script), "    # One.\n") == ["$ accord status --since $next"]
    assert len(demo_complaints(demo_lines(script), "    $ accord status --since 5\n    # One.\n")) == 1
