"""What the programs make of whole machines: golden/MACHINE.jsonl holds every reading of Tests/Fixtures/MACHINE.

Who changes a probe or a tree writes the files anew and reads the difference:

    UPDATE_GOLDEN=1 .venv/bin/pytest Tests/ProgramTests/test_golden.py
"""

import json
import os
import random
import socket
import subprocess
from pathlib import Path

import pytest
from appliance import Appliance
from kernel import MACHINES as TREES

GOLDEN = Path(__file__).with_name("golden")
MACHINES = ["industrial-x86", "small-arm64", "container"]


def golden(machine: str) -> list[dict]:
    """The readings and facts of a machine."""
    return [json.loads(line) for line in (GOLDEN / f"{machine}.jsonl").read_text().splitlines()]


def key(signal: str, attributes: dict) -> str:
    return json.dumps([signal, attributes], sort_keys=True)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_preview_of_a_machine_is_the_golden_one(sharing: Appliance, machine: str):
    sharing.kernel.become(machine)
    preview = sharing.accord("preview")
    assert (preview.code, preview.err) == (0, "")
    # Which line of the agreement decided is told elsewhere.
    lines = [{name: line[name] for name in line if name not in ("rule", "reason")} for line in preview.json]
    for line in lines:
        line["redactions"] = {note["key"]: note["mode"] for note in line["redactions"]}
    file = GOLDEN / f"{machine}.jsonl"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    assert lines == golden(machine)


def expected_points(machine: str) -> dict[str, object]:
    """What has to arrive of each series: counters begin at zero with the agreement."""
    return {
        key(line["signal"], line["attributes"]): 0 if line["kind"] == "counter" else line["value"]
        for line in golden(machine)
        if line["kind"] != "fact" and line["decision"] == "share"
    }


def arrived(receiver) -> dict[str, object]:
    """The last value of each series."""
    return {key(p.signal, p.attributes): p.value for p in receiver.points() if p.signal != "accord.delivery"}


@pytest.mark.parametrize("machine", MACHINES)
def test_what_arrives_of_a_machine_is_the_golden_one(sharing: Appliance, receiver, machine: str):
    sharing.kernel.become(machine)
    sharing.record()
    assert sharing.accord("upload").code == 0
    assert arrived(receiver) == pytest.approx(expected_points(machine), abs=1e-9)
    facts = {
        line["signal"]: line["value"]
        for line in golden(machine)
        if line["kind"] == "fact" and line["decision"] == "share"
    }
    for point in receiver.points():
        if point.source == "product" and point.kind != "event":
            assert facts.items() <= point.resource.items()
            assert "host.name" not in point.resource


@pytest.mark.parametrize("seed", range(3))
def test_a_machine_that_falls_to_pieces_stops_nothing(sharing: Appliance, receiver, seed: int):
    """Files vanish or break off while the agent runs, all but three: these arrive as they are."""
    chance = random.Random(seed)
    sharing.kernel.become("industrial-x86")
    sharing.write_settings(seal="1s")
    kept = {"proc/stat", "proc/meminfo", "proc/uptime"}
    files = [file for file in sorted(sharing.kernel.root.rglob("*")) if file.is_file() and not file.is_symlink()]
    names = [str(file.relative_to(sharing.kernel.root)) for file in files]
    names = chance.sample([name for name in names if name not in kept], k=len(names) * 2 // 3)
    with sharing.daemon() as daemon:
        daemon.ticks(2)
        for part in range(0, len(names), 40):
            for name in names[part : part + 40]:
                file = sharing.kernel.root / name
                if chance.random() < 0.5:
                    file.unlink()
                else:
                    sharing.kernel.write(name, file.read_bytes()[: chance.randrange(file.stat().st_size + 1)])
            daemon.ticks(3)
        daemon.ticks(12)
        assert {daemon.probe("/" + file)["outcome"] for file in kept} == {"readings"}
        assert {probe["outcome"] for probe in daemon.status["probes"]} <= {"readings", "absent", "failed"}
    assert "Fatal" not in daemon.log
    assert sharing.accord("upload").code == 0
    whole, got = expected_points("industrial-x86"), arrived(receiver)
    for series, value in whole.items():
        if series.startswith(('["system.memory.usage', '["system.cpu.time', '["system.uptime')):
            assert got[series] == pytest.approx(value), series
    # A label that broke off makes another series, but never another signal.
    assert {json.loads(series)[0] for series in got} <= {json.loads(series)[0] for series in whole}


def captured(appliance: Appliance, *root: Path) -> list[dict]:
    """What `accord preview` shows of a tree that Tests/Fixtures/capture made."""
    tree = appliance.prefix / "captured"
    subprocess.run([TREES / "capture", tree, *root], check=True)
    appliance.kernel.root = tree
    preview = appliance.accord("preview")
    assert (preview.code, preview.err) == (0, "")
    return preview.json


@pytest.mark.parametrize("machine", MACHINES)
def test_a_captured_tree_says_what_the_machine_said(sharing: Appliance, machine: str):
    lines = {key(line["signal"], line["attributes"]): line["value"] for line in captured(sharing, TREES / machine)}
    whole = {key(line["signal"], line["attributes"]): line["value"] for line in golden(machine)}
    assert lines.pop(key("host.name", {})) == "appliance"
    del whole[key("host.name", {})]
    assert lines == whole


def test_a_tree_of_this_machine_has_its_readings_and_not_its_name(sharing: Appliance):
    lines = captured(sharing)
    live = sharing.accord("preview", "--kernel-root", "/").json
    # Locks come and go, and adjtimex is a system call.
    passing = ("accord.clock.", "system.filesystem.lock")
    assert {line["signal"] for line in lines} >= {
        line["signal"] for line in live if not line["signal"].startswith(passing)
    }
    name = socket.gethostname()
    texts = [file.read_text() for file in sharing.kernel.root.rglob("*") if file.is_file()]
    assert len(texts) > 20 and not any(name in text.split() for text in texts)
