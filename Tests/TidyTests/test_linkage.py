"""What the two programs carry and what they ask of the machine. They come from ACCORDD and ACCORD, as `make test`
sets them, or from the build folder of the Makefile.

What is linked statically leaves no name in the dynamic section, so the symbol table is asked too: it is there until
the Debian package strips it.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).resolve().parents[2] / ".build-programs" / "release"

ACCORDD_LIBRARIES = {"libc", "libm", "libsqlite3", "libz", "libmd"}
ACCORD_LIBRARIES = ACCORDD_LIBRARIES | {"libcurl"}

INSIDE = "is linked statically, so that a plain Debian can run the program"
BANNED_LIBRARIES = {
    "libcurl": "the process that sees the machine cannot talk to the network; also 8.5 MB of resident memory",
    "libssl": "it has no TLS to speak",
    "libcrypto": "SHA-256 comes from libmd at 0.05 MB resident instead of 3.6 MB",
    "libstdc++": INSIDE,
    "libgcc_s": INSIDE,
    "libswiftCore": INSIDE,
    "libFoundation": "Foundation costs megabytes and allocates behind one's back",
    "libFoundationEssentials": "Foundation costs megabytes and allocates behind one's back",
    "libdispatch": "one thread",
    "libBlocksRuntime": "one thread",
}

# What a program that has no network does not call. It has one socket, of the family AF_UNIX, to tell the service
# manager how it is: `socket` with that family fixed, and `sendto`, both in CLinux. `syscall` and `dlopen` are imported by Swift's own library, so
# this is no proof; that is the address-family filter of the unit. It finds the mistake before the unit does.
BANNED_CALLS = {
    "connect": "it never calls out",
    "getaddrinfo": "not even DNS",
    "gethostbyname": "not even DNS",
    "bind": "it never listens",
    "listen": "it never listens",
    "accept": "it never listens",
    "accept4": "it never listens",
}

BANNED_SYMBOLS = {
    r"curl_easy_\w+": "libcurl inside",
    r"SSL_\w+": "OpenSSL inside",
    r"dispatch_\w+": "Dispatch inside",
    r"swift_task_(?:create|switch)\w*": "the concurrency runtime inside",
    r"\$s\d+Foundation(?:Essentials)?\w*": "Foundation inside",
    r"\$s14ArgumentParser\w*": "swift-argument-parser inside",
    r"\$s17_StringProcessing\w*": "Swift's regular expressions inside, 1.2 MB: one firstRange(of:) is enough",
}


def needed_libraries(readelf: str) -> set[str]:
    """The direct dependencies, from `readelf -d`, without versions and the dynamic loader."""
    files = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf)
    return {file.split(".so")[0] for file in files if not file.startswith("ld-linux")}


def loaded_libraries(ldd: str) -> set[str]:
    """All dependencies, direct or not, from `ldd`."""
    return {name.split(".so")[0] for name in re.findall(r"^\s*(lib\S+\.so\S*)", ldd, re.MULTILINE)}


def imported_calls(nm: str) -> set[str]:
    """What is taken from shared libraries, from `nm -D --undefined-only`."""
    return {line.split()[-1].split("@")[0] for line in nm.splitlines() if line.strip()}


def library_complaints(libraries: set[str]) -> list[str]:
    return [f"{name}: {BANNED_LIBRARIES[name]}" for name in sorted(libraries & BANNED_LIBRARIES.keys())]


def symbol_complaints(nm: str) -> list[str]:
    names = {line.split()[-1] for line in nm.splitlines() if line.strip()}
    return [
        f"{why}, for example {found[0]}"
        for pattern, why in BANNED_SYMBOLS.items()
        if (found := sorted(name for name in names if re.fullmatch(pattern, name)))
    ]


def program(name: str) -> str:
    path = Path(os.environ.get(name.upper(), PROGRAMS / name))
    assert path.exists(), f"{path} is not there; `make build` makes it"
    return str(path)


def output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize(("name", "allowed"), [("accordd", ACCORDD_LIBRARIES), ("accord", ACCORD_LIBRARIES)])
def test_the_programs_need_only_what_is_agreed(name, allowed):
    extra = needed_libraries(output("readelf", "-d", program(name))) - allowed
    assert not extra, [f"{library}: {BANNED_LIBRARIES.get(library, 'not agreed')}" for library in sorted(extra)]


def test_the_daemon_loads_nothing_banned_through_others_either():
    assert library_complaints(loaded_libraries(output("ldd", program("accordd")))) == []


def test_the_daemon_carries_nothing_banned_inside():
    symbols = output("nm", program("accordd"))
    assert symbols, "the program is stripped, so this test would see nothing"
    assert symbol_complaints(symbols) == []


def test_the_daemon_calls_nothing_of_the_network():
    calls = imported_calls(output("nm", "-D", "--undefined-only", program("accordd")))
    assert [f"{name}: {BANNED_CALLS[name]}" for name in sorted(calls & BANNED_CALLS.keys())] == []


def foreign_sockets(headers: str) -> list[str]:
    """The calls of `socket` for another family than AF_UNIX."""
    return [call for call in re.findall(r"\bsocket\([^)]*\)", headers) if not call.startswith("socket(AF_UNIX, ")]


def test_the_only_sockets_that_can_be_opened_are_local():
    headers = "".join(path.read_text() for path in (PROGRAMS.parents[1] / "Sources").glob("C*/shim.h"))
    assert "socket(AF_UNIX, " in headers and foreign_sockets(headers) == []
    assert foreign_sockets("int s = socket(AF_INET, SOCK_STREAM, 0);") == ["socket(AF_INET, SOCK_STREAM, 0)"]


@pytest.mark.parametrize("name", ["accordd", "accord"])
def test_the_programs_are_hardened(name):
    assert "BIND_NOW" in output("readelf", "-d", program(name))
    segments = output("readelf", "-lW", program(name))
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK.* RW ", segments), "the stack is executable"
    assert re.search(r"^Elf file type is DYN", segments, re.MULTILINE), "not position-independent"


def test_the_readers_of_tool_output_see_what_is_there():
    readelf = " 0x01 (NEEDED)  Shared library: [libcurl.so.4]\n 0x01 (NEEDED)  Shared library: [ld-linux-x86-64.so.2]\n"
    assert needed_libraries(readelf + " 0x01 (NEEDED)  Shared library: [libstdc++.so.6]\n") == {"libcurl", "libstdc++"}
    ldd = "\tlinux-vdso.so.1 (0x7)\n\tlibssl.so.3 => /lib/libssl.so.3 (0x7)\n\t/lib64/ld-linux-x86-64.so.2 (0x7)\n"
    assert loaded_libraries(ldd) == {"libssl"}
    assert library_complaints({"libssl", "libz"}) == ["libssl: it has no TLS to speak"]
    assert imported_calls("                 U connect@GLIBC_2.2.5\n                 w __gmon_start__\n") == {
        "connect",
        "__gmon_start__",
    }


@pytest.mark.parametrize(
    "symbol",
    [
        "curl_easy_setopt",
        "dispatch_async",
        "swift_task_create",
        "$s20FoundationEssentials4DataVMa",
        "$s10Foundation4DataVMa",
        "$s17_StringProcessing5RegexV",
        "$s14ArgumentParser0A4HelpVMa",
    ],
)
def test_a_banned_symbol_is_found(symbol):
    assert len(symbol_complaints(f"0000000000001000 T {symbol}\n0000000000001000 T main\n")) == 1
    assert symbol_complaints("0000000000001000 T main\n") == []
