"""The catalog, the probes and the captured kernel trees belong together: each signal is produced from a tree, what is
produced is in the catalog, and each file of a tree is read."""

import ctypes
import json
import os
import re
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_linkage import output, program

FIXTURES = Path(__file__).resolve().parents[1] / "Fixtures"
MACHINES = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())

# Origins of signals that no captured tree brings, each with its reason.
UNCAPTURED: dict[str, str] = {
    "adjtimex(2)": "the kernel's clock is asked by a system call, only for the machine's own root",
}
# Files of captured trees that must not be opened, because their device is passed over: disks that the rules deny, a
# zone that is read as a chip, a battery that a person brought, a socket; and trip points of no kind or the second of
# their kind.
PASSED_OVER = re.compile(
    r"/block/(loop\d|ram0|zram0)/|/hid-.*/[chm]|/axp20x-usb/online|trip_point_[13]_temp"
    r"|industrial-x86/.*/thermal_zone0/t|small-arm64/.*/thermal_zone1/t"
)
# Signals of captured files that no captured machine has, each with its reason.
NO_POOL = "no captured machine has a pool of huge pages"
UNSEEN: dict[str, str] = {
    f"system.memory.linux.hugepages.{name}": NO_POOL for name in ("limit", "page_size", "reserved", "surplus", "usage")
}


def preview(root: Path, prefix: Path) -> set[str]:
    """The signals that `accord preview` produces from a kernel tree, without any agreement."""
    lines = output(program("accord"), "preview", "--json", "--kernel-root", str(root), "--prefix", str(prefix))
    return {json.loads(line)["signal"] for line in lines.splitlines()}


def catalog() -> dict[str, list[str]]:
    """The origins of each signal that is sampled; the event of the envelope is not."""
    lines = [json.loads(line) for line in output(program("accord"), "catalog", "--json").splitlines()]
    return {line["signal"]: line["origins"] for line in lines if line["kind"] != "event"}


def coverage_complaints(
    signals: dict[str, list[str]], produced: set[str], uncaptured: dict[str, str], unseen: dict[str, str]
) -> list[str]:
    complaints = [f"{name} is produced and not in the catalog" for name in sorted(produced - signals.keys())]
    for name in sorted(signals.keys() - produced - unseen.keys()):
        if not any(origin in uncaptured for origin in signals[name]):
            complaints.append(f"{name} is in the catalog and produced from no captured tree")
    captured = {origin for name in produced & signals.keys() for origin in signals[name][:1]}
    complaints += [f"{origin} needs no exemption: a tree has it" for origin in sorted(captured & uncaptured.keys())]
    complaints += [f"{name} needs no exemption" for name in sorted(unseen) if name in produced or name not in signals]
    return complaints


@contextmanager
def opened_below(folder: Path) -> Iterator[set[Path]]:
    """The files that anybody opens below a folder during a `with`, by inotify(7); filled at its end."""
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]
    watches = {libc.inotify_add_watch(queue, os.fsencode(path), 0x20): path for path in folders}
    assert queue >= 0 and -1 not in watches, os.strerror(ctypes.get_errno())
    opened: set[Path] = set()
    try:
        yield opened
        while True:
            events = os.read(queue, 1 << 20)
            while events:
                watch, _, _, length = struct.unpack_from("iIII", events)
                name = events[16 : 16 + length].rstrip(b"\0").decode()
                opened.add(watches[watch] / name)
                events = events[16 + length :]
    except BlockingIOError:
        pass
    finally:
        os.close(queue)


def dead_files(tree: Path, opened: set[Path]) -> list[str]:
    files = {path.resolve() for path in tree.rglob("*") if path.is_file()}
    return sorted(str(path.relative_to(tree.resolve())) for path in files - {path.resolve() for path in opened})


def test_every_signal_is_produced_from_a_captured_tree_and_nothing_else_is(tmp_path):
    produced = set().union(*(preview(FIXTURES / machine, tmp_path) for machine in MACHINES))
    assert coverage_complaints(catalog(), produced, UNCAPTURED, UNSEEN) == []


@pytest.mark.parametrize("machine", MACHINES)
def test_every_file_of_a_captured_tree_is_opened(machine, tmp_path):
    # A copy, so that nobody else opens it meanwhile.
    tree = Path(shutil.copytree(FIXTURES / machine, tmp_path / machine, symlinks=True))
    with opened_below(tree) as opened:
        preview(tree, tmp_path)
    passed_over = [file for file in dead_files(tree, set()) if PASSED_OVER.search(f"{machine}/{file}")]
    assert dead_files(tree, opened) == passed_over


def test_a_gap_between_catalog_probes_and_trees_is_found():
    signals = {"a": ["/proc/a"], "b": ["/proc/b"], "c": ["/proc/c"], "d": ["/proc/d"]}
    assert coverage_complaints(signals, {"a", "b", "x"}, {"/proc/c": "why", "/proc/b": "why"}, {"a": "why"}) == [
        "x is produced and not in the catalog",
        "d is in the catalog and produced from no captured tree",
        "/proc/b needs no exemption: a tree has it",
        "a needs no exemption",
    ]
    assert coverage_complaints(signals, {"a", "b"}, {"/proc/c": "why"}, {"d": "why"}) == []


def test_a_dead_file_is_found(tmp_path):
    for name in ("proc/stat", "proc/slabinfo", "sys/real"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "proc/link").symlink_to("../sys/real")
    with opened_below(tmp_path) as opened:
        (tmp_path / "proc/stat").read_text()
        (tmp_path / "proc/link").read_text()
    assert dead_files(tmp_path, opened) == ["proc/slabinfo"]
