"""Random documents that are TOML, nearly TOML, or were TOML before somebody's fingers slipped.

Every document follows from its seed. Keys come from a small stock, so that they collide; values are chosen from what
readers of TOML are known to differ on.
"""

from pathlib import Path
from random import Random

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "etc").rglob("*.toml"))

BARE_KEYS = ["a", "b", "c", "a-b", "A_1", "1", "01", "2026-11-21", "true", "inf", "-", "_"]
ODD_KEYS = ["", "ß", "a.b", "a b", "k" * 256, "k" * 257]
# Keys that look the same and are not: Latin and Cyrillic, one character and two, one sign for a unit and one for a
# letter, a full-width digit, a blank that no eye sees. Some of them Unicode calls equivalent.
LOOK_ALIKES = [("a", "\u0430"), ("é", "e\u0301"), ("K", "\u212a"), ("Å", "\u212b"), ("1", "\uff11"), ("a", "a\u200b")]
WRONG_KEYS = ["+", "a+", "1.0", "!", "''''", '"""a"""', "'a", '"\\x"', '"a\nb"', "\u00a0", "a\u0000"]

ESCAPES = ["\\n", "\\t", "\\r", "\\b", "\\f", '\\"', "\\\\", "\\u0000", "\\u00e9", "\\uFFFF", "\\U0001F600"]
ESCAPES += ["\\U0010FFFF", "\\uD7FF", "\\uE000"]
WRONG_ESCAPES = ["\\e", "\\x41", "\\/", "\\'", "\\ ", "\\uD800", "\\uDFFF"]
WRONG_ESCAPES += ["\\U00110000", "\\u12", "\\u+123", "\\u１２３４"]
WRONG_ESCAPES += ["\\U0000_123", "\\U-0000001", "\\"]
TEXT = ["a", " ", "#", "=", "]", "é", "e\u0301", "日本", "\t", "😀", "\u2028", "\u0085", "\ufeff", "\u202e"]
WRONG_TEXT = ["\0", "\x01", "\x1f", "\x7f", "\r", "\n"]

INTEGERS = ["0", "-0", "+0", "7", "+7", "-7", "1_000", "1_2_3", "0xDEAD_beef", "0x0", "0x00", "0o755", "0b1_0", "0xf_0"]
NUMBER_FORMS = ["d", "_d", "#x", "#o", "#b", "#_x"]
LIMITS = [2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**18, 10**19, 10**30]
WRONG_INTEGERS = ["01", "00", "-01", "+01", "1__0", "_1", "1_", "0x", "0X1", "0xg"]
WRONG_INTEGERS += ["0x_1", "0x1_", "-0x1", "+0b1", "0o8"]
WRONG_INTEGERS += ["0b2", "0B1", "0O7", "1 0", "１", "٣", "1e", "--1", "+", "-", "0x+1", "0b-1", "1,000", "²"]
FLOATS = ["1.0", "-0.5", "1e3", "1E-3", "6.26e-34", "inf", "-inf", "+nan", "nan", "1_0.0_1"]
FLOATS += ["1.", ".5", "1.e3", "1e_3", "01.5"]
DATES = ["2026-11-21", "0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29"]
WRONG_DATES = ["0000-01-01", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10"]
WRONG_DATES += ["2026-01-00", "2026-04-31", "2026-1-1"]
WRONG_DATES += ["26-01-01", "+2026-01-01", "2026-11-21x", "2026_11_21", "２０２６-11-21", "10000-01-01", "2026-11-211"]
TIMES = ["07:32:00", "24:00:00", "07:32", "2026-11-21T07:32:00Z", "2026-11-21t07:32:00", "2026-11-21 07:32:00.5+01:00"]
TIMES += ["2026-11-21 07", "2026-11-21T", "2026-11-21 ", "1987-07-05T17:45:60Z"]
WORDS = ["true", "false", "True", "TRUE", "truе", "yes", "null", "on", "“a”", "a", "", "true false", "truex", "false#x"]
SCALARS = [INTEGERS, WRONG_INTEGERS, FLOATS, DATES, WRONG_DATES, TIMES, WORDS]

BLANKS = ["", "", " ", "\t", "  "]
WRONG_BLANKS = ["\u00a0", "\u3000", "\v", "\f", "\u200b", "\r"]
ENDS = ["\n", "\n", "\n", "\r\n", " # é\n", "\n\n", "\t\r\n#\n", "#\x7f\n", "\r", "#a\rb\n", " ", " x\n", ""]
EDITS = list("\n\r\t\0\\\"'[]{}=,.#_-+:0exT\x7f") + ["é", "\ufeff", "\r\n", "\ud800"]
NOT_UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
# Lines that begin well, or say nothing.
FRAGMENTS = ["", "# é", "[ a", "[]", "[a]]", "[[a]]", "[[ a . b ]]", "= 1", "a"]


class Documents:
    """The documents of one seed."""

    def __init__(self, seed: str):
        self._random = Random(seed)
        self._keys: tuple[str, ...] = ()

    def document(self) -> bytes:
        """The next one: by the grammar, or an example with its bytes changed."""
        self._keys = self._one([("a", "b", "c")], LOOK_ALIKES, 0.3)
        text = self._example() if self._often(0.2) else "".join(self._line() for _ in range(self._random.randint(1, 5)))
        for _ in range(self._random.choice([0, 0, 0, 0, 1, 2, 4])):
            text = self._edited(text)
        content = text.encode(errors="surrogatepass")
        if self._often(0.01):
            at = self._random.randint(0, len(content))
            content = content[:at] + self._random.choice(NOT_UTF8) + content[at:]
        return content

    def _often(self, share: float) -> bool:
        return self._random.random() < share

    def _one(self, right: list, wrong: list, share: float = 0.05):
        return self._random.choice(wrong if self._often(share) else right)

    def _example(self) -> str:
        lines = self._random.choice(EXAMPLES).read_text().splitlines(keepends=True)
        # What is shown as a comment is meant to be uncommented.
        lines = [line.removeprefix("# ") if self._often(0.3) and "=" in line else line for line in lines]
        first = self._random.randrange(len(lines))
        chosen = lines[first : first + self._random.randint(1, 12)]
        if self._often(0.2):
            chosen.append(self._random.choice(chosen))
        return "".join(chosen)

    def _edited(self, text: str) -> str:
        at = self._random.randint(0, len(text))
        removed = self._random.choice([0, 0, 1, 1, 3])
        added = self._random.choice(["", self._random.choice(EDITS), text[at : at + 4]])
        return text[:at] + added + text[at + removed :]

    def _line(self) -> str:
        kind = self._random.random()
        if kind < 0.7:
            line = self._pair(0)
        elif kind < 0.92:
            line = f"[{self._path()}]"
        else:
            line = self._random.choice(FRAGMENTS)
        return self._blank() + line + self._random.choice(ENDS[:7] if self._often(0.9) else ENDS)

    def _pair(self, depth: int) -> str:
        return f"{self._path()}={self._blank()}{self._value(depth)}"

    def _path(self) -> str:
        parts = self._random.choice([1, 1, 1, 2, 2, 3, self._random.choice([8, 9])] if self._often(0.2) else [1, 1, 2])
        return ".".join(self._blank() + self._key() + self._blank() for _ in range(parts))

    def _key(self) -> str:
        key = self._random.choice(self._keys) if self._often(0.7) else self._random.choice(BARE_KEYS + ODD_KEYS)
        if self._often(0.03):
            return self._random.choice(WRONG_KEYS)
        if key.isascii() and self._often(0.6):
            return key
        if self._often(0.3):
            return '"' + "".join(f"\\u{ord(letter):04x}" for letter in key) + '"'
        return self._random.choice([f'"{key}"', f"'{key}'"])

    def _blank(self) -> str:
        return self._one(BLANKS, WRONG_BLANKS, 0.01)

    def _value(self, depth: int) -> str:
        kind = self._random.random()
        if kind < 0.3 or depth > self._random.choice([2, 2, 2, 9]):
            return self._scalar()
        if kind < 0.55:
            return self._string()
        items = range(self._random.choice([0, 1, 1, 2, 3]))
        if kind < 0.8:
            comma = self._random.choice(["", "", ",", ",,"])
            elements = [self._gap() + self._value(depth + 1) + self._gap() for _ in items]
            return f"[{','.join(elements)}{comma}{self._gap()}]"
        comma = self._one([""], [",", "\n"])
        return "{" + ",".join(self._blank() + self._pair(depth + 1) + self._blank() for _ in items) + comma + "}"

    def _scalar(self) -> str:
        if self._often(0.2):
            number = self._random.choice(LIMITS) + self._random.choice([-1, 0, 1])
            return format(self._random.choice([number, -number]), self._random.choice(NUMBER_FORMS))
        return self._random.choice(self._random.choice(SCALARS))

    def _string(self) -> str:
        quote = self._random.choice(['"', '"', "'"])
        pieces = [self._one(TEXT, WRONG_TEXT, 0.02) for _ in range(self._random.randint(0, 3))]
        if quote == '"':
            pieces += [self._one(ESCAPES, WRONG_ESCAPES, 0.05) for _ in range(self._random.randint(0, 2))]
        self._random.shuffle(pieces)
        if self._often(0.03):
            quote *= 3
        return quote + "".join(pieces) + quote

    def _gap(self) -> str:
        return self._one(["", "", "", " ", "\n", "\r\n", "# ],\n\t"], ["\r", "#", "x"], 0.02)
