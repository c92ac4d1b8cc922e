"""Just enough Swift for rules about its text: what is code and what is not, and where functions begin and end."""

import re
from dataclasses import dataclass

_DECLARATION = re.compile(
    r"\bfunc\s+(?P<name>\w+|[^\s\w(]+)|(?<![.\w])(?P<other>init|deinit|subscript)\b(?=[?!]?\s*[({<])"
)
# What can follow a requirement of a protocol, which has no body.
_NEXT_DECLARATION = re.compile(
    r"\b(func|var|let|case|static|mutating|associatedtype|struct|enum|class|extension|protocol|typealias)\b"
)


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    length: int


def code_only(text: str) -> str:
    """The same text with comments and the inside of string literals blanked; lines stay where they are."""
    result = list(text)
    index = 0
    while index < len(text):
        end = _end_of_comment(text, index) or _end_of_string(text, index)
        if end is None:
            index += 1
            continue
        for position in range(index, end):
            if result[position] != "\n":
                result[position] = " "
        index = end
    return "".join(result)


def _end_of_comment(text: str, start: int) -> int | None:
    if text.startswith("//", start):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    if not text.startswith("/*", start):
        return None
    depth, index = 0, start
    while index < len(text):
        if text.startswith("/*", index):
            depth, index = depth + 1, index + 2
        elif text.startswith("*/", index):
            depth, index = depth - 1, index + 2
            if depth == 0:
                return index
        else:
            index += 1
    return len(text)


def _end_of_string(text: str, start: int) -> int | None:
    opening = re.compile(r'(#*)("""|")').match(text, start)
    if opening is None:
        return None
    hashes, quote = opening.groups()
    index = opening.end()
    while index < len(text):
        if text.startswith(quote + hashes, index):
            return index + len(quote + hashes)
        if text.startswith("\\" + hashes + "(", index):
            index = _end_of_interpolation(text, index + len(hashes) + 2)
        elif text.startswith("\\" + hashes, index):
            index += len(hashes) + 2
        else:
            index += 1
    return len(text)


def _end_of_interpolation(text: str, start: int) -> int:
    depth, index = 1, start
    while index < len(text) and depth > 0:
        end = _end_of_string(text, index)
        if end is not None:
            index = end
            continue
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        index += 1
    return index


def functions(text: str) -> list[Function]:
    """Every function, initializer and subscript with a body; the length counts from its first line to its last."""
    code = code_only(text)
    result = []
    for match in _DECLARATION.finditer(code):
        body = _start_of_body(code, match.end())
        if body is None:
            continue
        first = code.count("\n", 0, match.start())
        last = code.count("\n", 0, _end_of_braces(code, body))
        result.append(Function(match["name"] or match["other"], first + 1, last - first + 1))
    return result


def _start_of_body(code: str, start: int) -> int | None:
    depth = 0
    for index in range(start, len(code)):
        character = code[index]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth == 0 and character == "{":
            return index
        if depth < 0 or (depth == 0 and (character == "}" or _NEXT_DECLARATION.match(code, index))):
            return None
    return None


def _end_of_braces(code: str, start: int) -> int:
    depth = 0
    for index in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return index
    return len(code) - 1
