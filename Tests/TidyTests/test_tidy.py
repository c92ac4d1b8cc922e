"""The rules of the house, kept by the tree itself.

Each rule is a function from text to a list of complaints, so that the tests below it can show it a bad sample and
prove that it can fail. The tree is what git knows or would add, so a clean clone and work in progress are judged
alike.
"""

import re
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

import pytest
from swift_text import code_only, functions

ROOT = Path(__file__).resolve().parents[2]

# Its samples are bad on purpose, so it is not judged.
THIS_FILE = str(Path(__file__).resolve().relative_to(ROOT))

TOP_LEVEL = {"Package.swift", "Sources", "Tests", "README.md", "packaging", "etc", "systemd", "Makefile", "LICENSE"}

# ---------------------------------------------------------------------------------------------------------------
# Layers, lowest first. A module may import only what its row names, and every row names only what stands above it.

C_MODULES = {"CLinux", "CSQLite", "CZlib", "CMD", "CCurl"}
GROUND_FLOOR = {"Linux", "SQLite", "Compression", "Digest", "HTTPS"}
PROGRAMS = {"accordd", "accord"}

IMPORTS: dict[str, set[str]] = {
    "Linux": {"CLinux", "Glibc"},
    "SQLite": {"CSQLite"},
    "Compression": {"CZlib"},
    "Digest": {"CMD"},
    "HTTPS": {"CCurl"},
    "Telemetry": set(),
    "TOML": set(),
    "JSON": set(),
    "Archive": set(),
    "Scrubbing": set(),
    "OTLP": {"Telemetry"},
    "Sampling": {"Telemetry", "Linux"},
    "Configuration": {"Linux", "TOML", "Telemetry"},
    "Handshake": {"Telemetry", "TOML", "Digest", "Linux"},
    "Health": {"Telemetry"},
    "Inventory": {"Telemetry", "Linux"},
    "Recording": {"Handshake", "Telemetry", "JSON", "SQLite", "Compression", "Digest", "Linux"},
    "Delivery": {
        *{"Recording", "Handshake", "OTLP", "Configuration", "Telemetry", "JSON"},
        *{"HTTPS", "SQLite", "Compression", "Digest", "Linux"},
    },
    "Diagnostics": {
        *{"Delivery", "Recording", "Handshake", "Configuration", "Health", "HTTPS", "Telemetry"},
        *{"TOML", "Linux"},
    },
    "Reporting": {"Health", "Recording", "Handshake", "Telemetry", "JSON", "Linux"},
    "Dump": {
        *{"Recording", "Handshake", "Configuration", "Scrubbing", "Archive", "Telemetry", "JSON"},
        *{"Compression", "Digest", "Linux"},
    },
    "Daemon": {
        *{"Recording", "Handshake", "Sampling", "Configuration", "Telemetry", "JSON"},
        *{"SQLite", "Digest", "Linux"},
    },
    "accordd": {"Daemon", "Configuration", "Linux"},
}
# The command sees everything: what the daemon does after a change of the agreement it does too when that does not run.
# It alone may use the two that cost megabytes.
IMPORTS["accord"] = {*IMPORTS} - {"accordd"} | {"ArgumentParser", "FoundationEssentials", "Glibc"}

_IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)",
    re.MULTILINE,
)


def import_complaints(module: str, text: str) -> list[str]:
    if module not in IMPORTS:
        return [f"the module {module} has no row in the table of layers"]
    imported = _IMPORT.findall(code_only(text))
    return [f"{module} may not import {name}" for name in imported if name not in IMPORTS[module]]


# ---------------------------------------------------------------------------------------------------------------
# Words of Swift that are not used, or not there.

_UNSAFE = re.compile(r"\b(unsafe|Unsafe\w+|\w+Unsafe\w+|Unmanaged|_silgen_name|_cdecl|unchecked)\b")
_CONCURRENCY = re.compile(r"\b(async|await|actor|MainActor|Task(?=\s*[.{(<]))\b")
_VISIBLE = re.compile(
    r"\b(?:public(?:\(set\))?|open)\s+(?:final|override|static|class|func|var|let|struct|enum|init|subscript|protocol|"
    r"extension|import|typealias|indirect|mutating|borrowing|consuming|nonisolated)\b"
)


def word_complaints(module: str, text: str) -> list[str]:
    rules = [(_CONCURRENCY, "one thread, no concurrency runtime"), (_VISIBLE, "what crosses modules is `package`")]
    if module not in GROUND_FLOOR:
        rules.append((_UNSAFE, "unsafe code stays on the ground floor"))
    code = code_only(text)
    return [
        f"line {line_of(code, match.start())}: `{match.group()}`: {why}"
        for pattern, why in rules
        for match in pattern.finditer(code)
    ]


# ---------------------------------------------------------------------------------------------------------------
# Sizes, names and leftovers.

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70

# Files of Sources that may be longer, each with its reason.
LONGER_FILES: dict[str, str] = {}

_BANNED_NAME = re.compile(r"Util(?:s|ity|ities)?(?![a-z])|Helpers?(?![a-z])|Common(?![a-z])|Manager(?![a-z])")
_TYPE_NAME = re.compile(r"\b(?:struct|class|enum|protocol|extension|typealias)\s+([A-Z]\w*)")
_LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX)\b|(?i:\bplaceholder\b|\bnot (?:yet )?implemented\b)")
_HOME = re.compile(r"(?<![\w.])/(?:home/\w+|root|Users/\w+)(?=/|\b)")
_UPWARDS = re.compile(r"(?<![\w.])(?:\.\./)+[\w./-]*")


def clone_pattern(root: Path) -> re.Pattern:
    """Where this clone lies: its own folder, or the one around it unless every machine has such a folder."""
    standard = set("bin boot dev etc home media mnt opt proc root run srv sys tmp usr var".split())
    ordinary = len(root.parts) < 3 or root.parts[1] in standard
    return re.compile(rf"(?<![\w.]){re.escape(str(root if ordinary else root.parent))}\b")


_CLONE = clone_pattern(ROOT)


def size_complaints(path: str, text: str) -> list[str]:
    complaints = []
    lines = text.count("\n")
    if lines > FILE_LINES_MAX and path not in LONGER_FILES:
        complaints.append(f"{lines} lines; a file has at most {FILE_LINES_MAX}")
    complaints += [
        f"line {function.line}: {function.name} has {function.length} lines; a screen fits {FUNCTION_LINES_MAX}"
        for function in functions(text)
        if function.length > FUNCTION_LINES_MAX
    ]
    return complaints


def name_complaints(path: str, text: str) -> list[str]:
    names = [PurePosixPath(path).stem]
    if path.endswith((".swift", ".py")):
        names += _TYPE_NAME.findall(code_only(text) if path.endswith(".swift") else text)
    banned = [name for name in names if _BANNED_NAME.search(capitalized(name))]
    return [f"the name {name} says nothing; name what it does" for name in banned]


def capitalized(name: str) -> str:
    """file_name as FileName, so that one pattern reads both spellings."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]", name))


def text_complaints(path: str, text: str) -> list[str]:
    complaints = [
        f"line {line_of(text, match.start())}: `{match.group()}` is a leftover" for match in _LEFTOVER.finditer(text)
    ]
    complaints += [
        f"line {line_of(text, match.start())}: `{match.group()}` exists on one machine only"
        for match in _HOME.finditer(text)
        # There they are folders of the machine that the tests boot, or names that are to be found and replaced.
        if not path.startswith(("Tests/InstallTests/", "Tests/ScrubbingTests/", "Sources/Scrubbing/"))
    ]
    if _CLONE.search(text):
        complaints.append(f"line {line_of(text, _CLONE.search(text).start())}: names the folder that this clone lies in")
    if "\t" in text and not path.endswith(("Makefile", "rules")):
        complaints.append(f"line {line_of(text, text.index(chr(9)))}: a tab")
    complaints += [
        f"line {line_of(text, match.start())}: `{match.group()}` leads out of the project"
        for match in _UPWARDS.finditer(text)
        if leads_out(path, match.group())
    ]
    return complaints


def leads_out(path: str, link: str) -> bool:
    depth = len(PurePosixPath(path).parent.parts)
    return PurePosixPath(link).parts.count("..") > depth


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def map_complaints(folders: set[str], map_text: str) -> list[str]:
    return [
        f"the map does not name {folder}" for folder in sorted(folders) if not re.search(rf"\b{folder}\b", map_text)
    ]


def fixture_complaints(fixtures: list[str], tests: str) -> list[str]:
    """A fixture is used where a test names its file, its path, or a folder that it lies in."""
    unused = []
    for fixture in fixtures:
        path = PurePosixPath(fixture)
        names = {path.name, *(str(parent) for parent in [path, *path.parents] if str(parent) != ".")}
        # Looked for as plain text first: a pattern with a look behind is tried at every letter of all tests.
        found = (name for name in names if name in tests)
        if not any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", tests) for name in found):
            unused.append(f"no test uses Tests/Fixtures/{fixture}")
    return unused


# ---------------------------------------------------------------------------------------------------------------
# The tree.


@cache
def tree() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file())


def read(path: str) -> str | None:
    """The text of a file; None if it is not there or not text."""
    try:
        return (ROOT / path).read_text()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def sources() -> list[tuple[str, str, str]]:
    """Module, path and text of each Swift file under Sources."""
    return [
        (PurePosixPath(path).parts[1], path, read(path) or "")
        for path in tree()
        if path.startswith("Sources/") and path.endswith(".swift")
    ]


def rule_complaints(tests: str) -> list[str]:
    """The fifteen rules of the agreement are promises to the customer, and each is kept by a test that names it."""
    named = {int(first or second) for first, second in re.findall(r'"[Rr]ule (\d+):|def test_rule_(\d+)_', tests)}
    return [f"no test is named after rule {rule}" for rule in range(1, 16) if rule not in named]


def assert_none(complaints: list[str]) -> None:
    assert not complaints, "\n" + "\n".join(complaints)


def in_file(path: str, complaints: list[str]) -> list[str]:
    return [f"{path}: {complaint}" for complaint in complaints]


def test_the_rows_of_the_table_point_down():
    seen = C_MODULES | {"Glibc"}
    for module, allowed in IMPORTS.items():
        above = allowed - seen - {"ArgumentParser", "FoundationEssentials"}
        assert not above, f"{module} points up to {above}"
        assert module in GROUND_FLOOR or not allowed & C_MODULES, f"{module} imports C"
        assert module in {"Linux"} | PROGRAMS or "Glibc" not in allowed, f"{module} imports Glibc"
        seen.add(module)


def test_imports_point_down():
    assert_none([c for module, path, text in sources() for c in in_file(path, import_complaints(module, text))])


def test_no_unsafe_code_above_the_ground_floor_no_concurrency_nothing_public():
    assert_none([c for module, path, text in sources() for c in in_file(path, word_complaints(module, text))])


def test_files_and_functions_are_short():
    assert_none([c for _, path, text in sources() for c in in_file(path, size_complaints(path, text))])


def test_exceptions_are_still_needed():
    for path in LONGER_FILES:
        text = read(path)
        assert text and text.count("\n") > FILE_LINES_MAX, f"{path} needs no exception"


def test_c_modules_are_a_map_and_a_header():
    for module in {PurePosixPath(path).parts[1] for path in tree() if path.startswith("Sources/C")} & C_MODULES:
        files = {path.removeprefix(f"Sources/{module}/") for path in tree() if path.startswith(f"Sources/{module}/")}
        assert files == {"module.modulemap", "shim.h"}, module


def test_names_say_something():
    judged = [path for path in tree() if path != THIS_FILE]
    assert_none([c for path in judged for c in in_file(path, name_complaints(path, read(path) or ""))])


def test_no_leftovers_and_no_machine_of_ours():
    # What kernels and others wrote is as it is, and so is what a fuzzer made.
    foreign = ("Tests/Fixtures/", "Tests/Fuzz/corpus")
    judged = [path for path in tree() if not path.startswith(foreign) and path != THIS_FILE]
    assert_none([c for path in judged for c in in_file(path, text_complaints(path, read(path) or ""))])


def test_the_top_level_holds_only_what_is_agreed():
    top = {path.split("/")[0] for path in tree()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("folder", ["Sources", "Tests"])
def test_the_maps_are_complete(folder):
    folders = {PurePosixPath(path).parts[1] for path in tree() if path.startswith(folder + "/") and path.count("/") > 1}
    assert_none(in_file(f"{folder}/README.md", map_complaints(folders, read(f"{folder}/README.md") or "")))


def test_every_fixture_is_used():
    fixtures = [path.removeprefix("Tests/Fixtures/") for path in tree() if path.startswith("Tests/Fixtures/")]
    tests = [
        path
        for path in tree()
        if path.startswith("Tests/") and not path.startswith("Tests/Fixtures/") and path.endswith((".swift", ".py"))
    ]
    assert_none(fixture_complaints(fixtures, "\n".join(read(path) or "" for path in tests)))


def header_complaints(header: Path) -> str:
    """What gcc says of a header. curl's type checks (curl/typecheck-gcc.h) speak only when code is made of each
    function, with optimisation, and count as warnings of a system header."""
    flags = ["-O2", "-Wall", "-Wextra", "-Wsystem-headers", "-Werror", "-fkeep-inline-functions", "-o", "/dev/null"]
    command = ["gcc", *flags, "-include", header, "-x", "c", "-c", "/dev/null"]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True).stderr


@pytest.mark.parametrize("module", sorted(C_MODULES))
def test_shim_headers_compile_without_a_warning(module):
    assert header_complaints(ROOT / "Sources" / module / "shim.h") == ""


# ---------------------------------------------------------------------------------------------------------------
# Each rule can fail.


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("Telemetry", "import Linux"),
        ("Sampling", "package import Recording"),
        ("Recording", "import CSQLite"),
        ("Daemon", "import Foundation"),
        ("accordd", "import FoundationEssentials"),
        ("Linux", "@preconcurrency import Dispatch"),
        ("Delivery", "import struct Daemon.Loop"),
        ("Diagnostics", "import ArgumentParser"),
        ("accord", "import accordd"),
        ("SQLite", "import Glibc"),
        ("Novelty", ""),
    ],
)
def test_a_wrong_import_is_found(module, text):
    assert len(import_complaints(module, text)) == 1


def test_a_good_import_is_not():
    assert import_complaints("Recording", "package import Handshake\nimport SQLite\n// import Foundation\n") == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("Sampling", "let x = unsafe y"),
        ("Handshake", "final class A: @unchecked Sendable {}"),
        ("OTLP", "bytes.withUnsafeBytes { $0.count }"),
        ("Daemon", '@_silgen_name("f") func f()'),
        ("Recording", "func f(_: UnsafeRawPointer)"),
        ("Linux", "func f() async {}"),
        ("Linux", "actor Loop {}"),
        ("Linux", "Task { }"),
        ("TOML", "public struct A {}"),
        ("TOML", "private(set) public var a = 1"),
        ("TOML", "open class A {}"),
    ],
)
def test_a_banned_word_is_found(module, text):
    assert len(word_complaints(module, text)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("Linux", "let x = unsafe y"),
        ("Sampling", 'let s = "unsafe await" // public struct'),
        ("Sampling", "/* unsafe /* async */ actor */ let factor = tasks.open(path)"),
        ("Sampling", '"""\n unsafe "quoted" \\(f("async"))\n"""'),
    ],
)
def test_an_innocent_word_is_not(module, text):
    assert word_complaints(module, text) == []


def test_a_long_file_and_a_long_function_are_found():
    assert size_complaints("a.swift", "\n" * FILE_LINES_MAX) == []
    assert len(size_complaints("a.swift", "\n" * (FILE_LINES_MAX + 1))) == 1
    heads = ["func f(x: Int = { 1 }()) throws(E) -> [A]", "init?(_ x: Int)", "deinit", "static func == (a: A, b: A)"]
    for head in heads:
        body = f"struct S {{\n  {head} {{\n" + "    let a = \"}\" // }\n" * (FUNCTION_LINES_MAX - 2) + "  }\n}\n"
        assert size_complaints("a.swift", body) == [], head
        longer = body.replace("{\n    let", "{\n\n    let", 1)
        assert len(size_complaints("a.swift", longer)) == 1, head


def test_functions_are_measured_from_their_first_line_to_their_last():
    text = 'protocol P {\n  func a()\n  var b: Int { get }\n  func c(x: Int)\n}\nfunc d() {\n  print("\\(f("}"))")\n}\n'
    assert [(f.name, f.line, f.length) for f in functions(text)] == [("d", 6, 3)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Sources/Linux/Utils.swift", ""),
        ("Sources/Linux/FileHelper.swift", ""),
        ("Tests/common.py", ""),
        ("Sources/Linux/File.swift", "struct FileManager {}"),
        ("Tests/a.py", "class TestUtilities:"),
    ],
)
def test_a_name_that_says_nothing_is_found(path, text):
    assert len(name_complaints(path, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "// TODO: later",
        "# FIXME",
        "a placeholder for",
        'fatalError("Not implemented")',
        "see /home/someone/notes",
        "/root/notes",
        "[map](../../elsewhere/README.md)",
        "\tindented",
    ],
)
def test_a_leftover_or_a_foreign_path_is_found(text):
    assert len(text_complaints("Sources/README.md", text)) == 1


def test_the_folder_of_the_clone_is_found():
    assert len(text_complaints("README.md", f"see {ROOT}/x")) >= 1
    assert clone_pattern(Path("/build/accord")).search("see /build/notes.md")
    assert not clone_pattern(Path("/var/accord")).search("see /var/lib/accord")


def test_ordinary_text_is_not():
    text = "mktemp XXXXXX, ../Tests/README.md, /var/lib/accord, https://example.com/root/x, a/../b, placeholders"
    assert text_complaints("Sources/README.md", text) == []


def test_every_rule_of_the_agreement_has_a_test_with_its_name():
    texts = [read(path) or "" for path in tree() if path.startswith("Tests/") and path != THIS_FILE]
    assert_none(rule_complaints("\n".join(texts)))


def test_a_rule_without_a_test_is_found():
    named = "".join(f'@Test("rule {rule}: it holds")\n' for rule in range(1, 15)) + "def test_rule_1_x():"
    assert rule_complaints(named) == ["no test is named after rule 15"]
    assert rule_complaints(named + "def test_rule_15_x():") == []


def test_a_missing_entry_of_a_map_is_found():
    assert map_complaints({"Linux", "OTLP"}, "Linux/  files; CLinux") == ["the map does not name OTLP"]


def test_an_unused_fixture_is_found():
    fixtures = ["pi/proc/stat", "golden/metrics.bin", "golden/old.bin", "laptop/proc/stat2"]
    assert fixture_complaints(fixtures, 'root("pi") file("metrics.bin")') == [
        "no test uses Tests/Fixtures/golden/old.bin",
        "no test uses Tests/Fixtures/laptop/proc/stat2",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("static inline int f(void) { int unused; return 1; }", "unused variable"),
        ("static inline int f(int unused) { return 1; }", "unused parameter"),
        ("static inline int f(CURL *c) { return curl_easy_setopt(c, CURLOPT_URL, 5L); }", "expects a string"),
        ("static inline int f(CURL *c, int n) { return curl_easy_setopt(c, CURLOPT_TIMEOUT, &n); }", "expects a long"),
        ("static inline int f(CURL *c, int *n) { return curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, n); }", "to long"),
    ],
)
def test_a_bad_header_is_found(tmp_path, text, complaint):
    header = tmp_path / "shim.h"
    header.write_text(f"#include <curl/curl.h>\n{text}\n")
    assert complaint in header_complaints(header)
