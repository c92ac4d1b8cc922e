"""What the programs say about themselves, as parts of a manual page: accord by the JSON of its argument parser, accordd
by the text of its --help."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass

import roff

_EXIT_CODES = re.compile(r"Exit codes: (\d .+?)\.(?=\s|$)", re.DOTALL)
_EXAMPLE = re.compile(r"^Example: (.+)$", re.MULTILINE)

# A page says once, at its end, what nearly all commands take.
_EVERYWHERE = 0.5


def output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def exit_codes(text: str) -> str:
    """The codes that a text lists, as terms."""
    (codes,) = _EXIT_CODES.findall(text)
    found = re.findall(r"(\d) (.+?)(?=, \d |$)", " ".join(codes.split()))
    return "".join(roff.term(roff.bold(code), f"{meaning[0].upper()}{meaning[1:]}.") for code, meaning in found)


def prose(text: str) -> str:
    """A text without the exit codes and examples that have their own place."""
    return roff.body(_EXAMPLE.sub("", _EXIT_CODES.sub("", text)))


def examples(text: str) -> str:
    """The command lines that a text gives as examples."""
    return "".join(roff.paragraph(f"Example: `{line}`") for line in _EXAMPLE.findall(text))


# ---------------------------------------------------------------------------------------------------------------
# accord: the tree of commands.


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    abstract: str
    discussion: str
    arguments: list[dict]
    has_commands: bool

    @property
    def name(self) -> str:
        return " ".join(self.words)


def commands(program: str) -> list[Command]:
    """Every command, the program itself first."""
    tree = json.loads(output(program, "--experimental-dump-help"))

    def below(entry: dict, words: tuple[str, ...]) -> list[Command]:
        words = (*words, entry["commandName"])
        shown = [argument for argument in entry.get("arguments", []) if argument["shouldDisplay"]]
        children = [child for child in entry.get("subcommands", []) if child["shouldDisplay"]]
        texts = (entry.get("abstract", ""), entry.get("discussion", ""))
        own = Command(words, *texts, shown, bool(children))
        return [own] + [command for child in children for command in below(child, words)]

    return below(tree["command"], ())


def _key(argument: dict) -> str:
    """What makes two options of two commands the same one."""
    return json.dumps([argument.get("names"), argument.get("abstract")])


def shared_options(all_commands: list[Command]) -> list[dict]:
    """The options of most commands."""
    leaves = [command for command in all_commands if not command.has_commands and command.abstract]
    known = {_key(option): option for command in leaves for option in command.arguments}
    counts = Counter(_key(option) for command in leaves for option in command.arguments if option.get("names"))
    return [known[key] for key, count in counts.items() if count > _EVERYWHERE * len(leaves)]


def _flag(name: dict) -> str:
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def _has_optional_value(argument: dict) -> bool:
    """Whether an option may stand without its value (a default as a flag, in the words of the argument parser)."""
    return argument["kind"] == "option" and argument["parsingStrategy"] == "scanningForValue"


def _value(argument: dict) -> str:
    value = roff.italic(argument["valueName"]) + r"\ .\|.\|." * argument["isRepeating"]
    return f"[{value}]" if _has_optional_value(argument) else value


def synopsis(command: Command) -> str:
    """How a command is called. That every one has --help and --version is said once."""
    lines = [f".SY {roff.quoted(command.name)}"]
    for argument in command.arguments:
        names = argument.get("names", [])
        if argument["valueName"] in ("help", "version"):
            continue
        words = roff.bold(_flag(argument["preferredName"])) if names else ""
        if argument["kind"] != "flag":
            words += r"\ " * bool(words) + _value(argument)
        lines.append(f"[{words}]" if argument["isOptional"] else words)
    if command.has_commands:
        does_something_itself = any(argument["valueName"] not in ("help", "version") for argument in command.arguments)
        lines.append(f"[{roff.italic('command')}]" if does_something_itself else roff.italic("command"))
    return "\n".join(lines) + "\n.YS\n"


def option(argument: dict) -> str:
    """An option or argument and its meaning."""
    names = ", ".join(roff.bold(_flag(name)) for name in argument.get("names", []))
    value = "" if argument["kind"] == "flag" else _value(argument)
    remarks = [argument.get("abstract", ""), argument.get("discussion", "")]
    if argument.get("allValues"):
        remarks.append(f"One of {', '.join(argument['allValues'])}.")
    if argument.get("defaultValue"):
        when = "without a value" if _has_optional_value(argument) else "where it is left out"
        # In front: a folder named by a dot would be lost at the end of a sentence.
        remarks.append(f"`{argument['defaultValue']}` {when}.")
    return roff.term(" ".join(part for part in (names, value) if part), " ".join(filter(None, remarks)))


def command_sections(all_commands: list[Command]) -> str:
    """A subsection for each command."""
    shared = {_key(argument) for argument in shared_options(all_commands)}
    parts = []
    for command in all_commands[1:]:
        own = [argument for argument in command.arguments if _key(argument) not in shared]
        parts.append(roff.subsection(command.name) + synopsis(command))
        parts.append(roff.paragraph(command.abstract or "Show the help of a command."))
        parts += [option(argument) for argument in own if argument["valueName"] not in ("help", "version")]
        # Its exit codes stay where they are: they are those of this command alone.
        parts.append(roff.body(_EXAMPLE.sub("", command.discussion)) + examples(command.discussion))
    return "".join(parts)


# ---------------------------------------------------------------------------------------------------------------
# accordd: paragraphs, "Usage: …" and lines of options.


@dataclass(frozen=True)
class DaemonHelp:
    abstract: str
    usages: list[str]
    options: list[tuple[str, str]]
    text: str


_OPTION = re.compile(r"^  (-\S+(?: \S+)*)(?:  +(\S.*))?$")


def daemon_help(program: str) -> DaemonHelp:
    first, *blocks = output(program, "--help").strip().split("\n\n")
    name, _, abstract = first.partition(": ")
    abstract, _, more = " ".join(abstract.split()).partition(". ")
    usages, options, rest = [], [], [more]
    for block in blocks:
        lines = block.splitlines()
        if block.startswith("Usage: "):
            usages = [line.removeprefix("Usage:").strip() for line in lines]
        elif _OPTION.match(lines[0]):
            options += _options(lines)
        else:
            rest.append(block)
    return DaemonHelp(abstract.rstrip("."), usages, options, "\n\n".join(rest))


def _options(lines: list[str]) -> list[tuple[str, str]]:
    """Flags with their meaning, which may go on in further lines."""
    found: list[tuple[str, str]] = []
    for line in lines:
        if match := _OPTION.match(line):
            found.append((match[1], match[2] or ""))
        else:
            flag, meaning = found.pop()
            found.append((flag, f"{meaning} {line.strip()}".strip()))
    return found


def daemon_synopsis(usage: str) -> str:
    """`accordd [--prefix DIR]` with its flags bold and what stands for something in italics."""
    name, *words = re.findall(r"\[[^]]*\]|\S+", usage)
    return f".SY {roff.quoted(name)}\n" + "".join(f"{_marked(word)}\n" for word in words) + ".YS\n"


def daemon_options(options: list[tuple[str, str]]) -> str:
    return "".join(
        roff.term(_marked(flag), f"{meaning[0].upper()}{meaning[1:].rstrip('.')}.") for flag, meaning in options
    )


def _marked(text: str) -> str:
    parts = re.split(r"(-{1,2}[a-z-]+|\b[A-Z]+\b)", text.replace(" ", "\0"))
    marked = "".join(
        roff.bold(part) if part.startswith("-") else roff.italic(part) if part.isupper() else roff.escaped(part)
        for part in parts
    )
    return marked.replace("\0", r"\ ")
