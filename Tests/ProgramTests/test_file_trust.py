"""Every state in which a file that people write can be found: it is read as it is meant, or the programs say in one
sentence where it is wrong and how to mend it, wait for nobody, contact nobody, and lose nothing.

How each half alone is judged is tried by HandshakeTests/FileTrustTests; here are the programs, and the other files.
"""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from appliance import Appliance, needs_root, run, wait_for

UTF8 = "expected a file saved as UTF-8"
PLAIN = "expected a plain text file"
OWNED = "expected a file owned by root"
NOBODY = 65534


def content(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def replaced(by: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        by(path)

    return replace


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere.toml"))
    path.symlink_to("elsewhere.toml")


def linked_into_a_folder_of_all(path: Path) -> None:
    spare = path.parents[2] / "spare"
    spare.mkdir()
    spare.chmod(0o777)
    path.rename(spare / path.name)
    path.symlink_to(spare / path.name)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
    path.chmod(0o644)


def mode(mode: int, above: int = -1) -> Callable[[Path], None]:
    """Of the file, or of the folder so many levels above it."""
    return lambda path: (path if above < 0 else path.parents[above]).chmod(mode)


def owner(user: int, above: int = -1) -> Callable[[Path], None]:
    return lambda path: os.chown(path if above < 0 else path.parents[above], user, -1)


def sticky(path: Path) -> None:
    path.parent.chmod(0o1777)


# What is said behind the path, with the names of the file, its folder and the folder around that; None: it is read.
CONTENTS = {
    "CR LF": (content(lambda text: text.replace(b"\n", b"\r\n")), None),
    "256 KiB": (content(lambda text: text + b"#" * (256 * 1024 - len(text))), None),
    "one byte more": (
        content(lambda text: text + b"#" * (256 * 1024 + 1 - len(text))),
        ": cannot read: File too large; expected a readable file of at most 256 KiB",
    ),
    "empty": (content(lambda text: b""), ":1:1: 'schema' is missing; expected schema = 1"),
    "byte order mark": (
        content(lambda text: b"\xef\xbb\xbf" + text),
        f":1:1: the file starts with a byte order mark; {UTF8} without byte order mark",
    ),
    "UTF-16": (
        content(lambda text: text.decode().encode("utf-16")),
        f":1:1: the file is saved as UTF-16; {UTF8}",
    ),
    "Latin-1": (content(lambda text: b"# f\xfcr\n" + text), f":1:4: the file is not valid UTF-8 here; {UTF8}"),
    "NUL bytes": (
        content(lambda text: b"# \0\n" + text),
        ":1:3: the file holds a NUL byte here; expected text; it may be cut short: save it again",
    ),
    "NUL bytes at the end, as a power cut leaves them": (
        content(lambda text: b"\n" + b"\0" * 4096),
        ":2:1: the file holds a NUL byte here; expected text; it may be cut short: save it again",
    ),
    "key given twice": (
        content(lambda text: b"schema = 1\n" + text),
        ":2:1: 'schema' is already an integer, at line 1, column 1; expected each key once",
    ),
    "huge number": (
        content(lambda text: text.replace(b"schema = 1", b"schema = " + b"1" * 100_000)),
        f":1:10: {'1' * 60}… does not fit into 64 bits; "
        "expected a number from -9223372036854775808 to 9223372036854775807",
    ),
    "10,000 brackets": (
        content(lambda text: b"x = " + b"[" * 10_000),
        ":1:13: arrays and inline tables stand in each other more than 8 deep; expected fewer brackets",
    ),
}
PLACES = {
    "mode 600": (mode(0o600), None),
    "link": (linked, ": it is a symbolic link; expected the file itself: cp --remove-destination $(readlink -f {file}) {file}"),
    "directory": (replaced(Path.mkdir), f": it is a directory; {PLAIN}"),
    "pipe": (replaced(os.mkfifo), f": it is a pipe; {PLAIN}"),
    "socket": (replaced(bound_socket), f": it is a socket; {PLAIN}"),
    "group may write": (
        mode(0o664),
        ": its mode is 664, so others can write it; expected a file that only its owner can write: chmod go-w {file}",
    ),
    "group may write the folder": (
        mode(0o770, above=0),
        ": the mode of its folder {folder} is 770, so others can replace it; "
        "expected a folder that only its owner can write: chmod go-w {folder}",
    ),
    "sticky folder of all": (
        sticky,
        ": the mode of its folder {folder} is 1777, so others can replace it; "
        "expected a folder that only its owner can write: chmod go-w {folder}",
    ),
    "folder around the folder": (
        mode(0o757, above=1),
        ": the mode of its folder {around} is 757, so others can replace it; "
        "expected a folder that only its owner can write: chmod go-w {around}",
    ),
    "the prefix itself": (mode(0o777, above=2), None),
}
ROOTS_PLACES = {
    "device": (replaced(lambda path: os.mknod(path, stat.S_IFCHR | 0o644, os.makedev(1, 5))), f": it is a device; {PLAIN}"),
    "another owner": (owner(NOBODY), f": it belongs to user {NOBODY}; {OWNED}: chown root {{file}}"),
    "another owner of the folder": (
        owner(NOBODY, above=0),
        f": its folder {{folder}} belongs to user {NOBODY}, who can replace it; expected a folder owned by root: chown root {{folder}}",
    ),
}
CASES = [pytest.param(*row, id=name) for name, row in (CONTENTS | PLACES).items()]
CASES += [pytest.param(*row, id=name, marks=needs_root) for name, row in ROOTS_PLACES.items()]


def check_half(appliance: Appliance, receiver, name: str, change, said: str | None) -> None:
    appliance.record()
    waits = appliance.batches()
    path = appliance.etc / name
    change(path)
    check = appliance.accord("consent", "check", json=False)
    if said is None:
        assert check.code == 0, check.err
        assert appliance.accord("upload").code == 0 and appliance.batches() == []
        return
    said = said.format(file=path, folder=path.parent, around=path.parents[1])
    gates = "nothing is sampled or sent" if name == "consent.toml" else "nothing is sent"
    sentence = f"{path}{said}"
    assert (check.code, check.err) == (4, f"{sentence}; {gates} until this is mended\n")
    upload = appliance.accord("upload", json=False)
    assert (upload.code, upload.err) == (4, f"accord: {sentence}; nothing was sent, and nobody was contacted\n")
    assert receiver.connections == 0
    log = appliance.record(ticks=2)
    assert log.count(f"accordd: {sentence}; {gates} until this is mended\n") == 1 and log.count(f"{path}:") == 1
    assert appliance.batches() == waits


@pytest.mark.parametrize(("change", "said"), CASES)
def test_the_customers_half_is_read_or_held(sharing, receiver, change, said):
    check_half(sharing, receiver, "consent.toml", change, said)


@pytest.mark.parametrize(
    ("change", "said"), [case for case in CASES if case.id in {"UTF-16", "NUL bytes", "pipe", "link", "another owner"}]
)
def test_the_suppliers_half_is_read_or_held(sharing, receiver, change, said):
    check_half(sharing, receiver, "offer.toml", change, said)


def test_a_chmod_of_a_folder_closes_the_gates_within_a_tick_and_back_opens_them(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        sharing.etc.chmod(0o777)
        wait_for(lambda: {probe["outcome"] for probe in daemon.status["probes"]} == {"not-run"}, "the closed gates")
        sharing.etc.chmod(0o750)
        wait_for(lambda: "readings" in {probe["outcome"] for probe in daemon.status["probes"]}, "the open gates")
    assert daemon.log.count(f"the mode of its folder {sharing.etc} is 777, so others can replace it") == 1
    # The grants went on.
    assert {batch["sequence"] for batch in sharing.batches()} == {1, 2}


SETTINGS = {
    "pipe": (replaced(os.mkfifo), f": it is a pipe; {PLAIN}"),
    "group may write": (mode(0o664), ": its mode is 664, so others can write it; "),
    "link": (linked, None),
}


@pytest.mark.parametrize(("change", "said"), SETTINGS.values(), ids=SETTINGS)
def test_settings_that_others_can_write_end_the_agent_and_the_upload(sharing, receiver, change, said):
    sharing.record()
    path = sharing.etc / "accord.toml"
    change(path)
    if said is None:
        sharing.record(ticks=1)
        assert sharing.accord("upload").code == 0
        return
    sentence = f"{path}{said}"
    result = run(sharing.command("accordd"))
    assert result.code == 1 and result.err.startswith(f"accordd: {sentence}") and len(result.err.splitlines()) == 1
    upload = sharing.accord("upload", json=False)
    assert upload.code == 1 and upload.err.startswith(f"accord: {sentence}") and receiver.connections == 0


CERTIFICATES = {
    "pipe": (replaced(os.mkfifo), f": it is a pipe; {PLAIN}"),
    "others may write": (mode(0o666), ": its mode is 666, so others can write it; "),
    "link into a folder of all": (
        linked_into_a_folder_of_all,
        ": the mode of its folder {spare} is 777, so others can replace it; ",
    ),
    "link": (linked, None),
}


@pytest.mark.parametrize(("change", "said"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_certificates_that_others_can_write_vouch_for_nobody(sharing, receiver, change, said):
    sharing.record()
    path = sharing.etc / "supplier-ca.pem"
    change(path)
    upload = sharing.accord("upload", json=False)
    if said is None:
        assert upload.code == 0 and sharing.batches() == []
        return
    sentence = f"{path}{said}".format(spare=sharing.prefix / "spare")
    assert upload.code == 1 and upload.err.startswith(f"accord: {sentence}")
    assert sentence in sharing.accord("consent", "check", json=False).out
    assert sentence in sharing.accord("doctor", json=False).out
    assert receiver.connections == 0 and len(sharing.batches()) == 2
