"""The readings of this machine beside what other people's tools say of it.

A tool is asked before and after `accord preview`, and each reading has to lie between its two answers. Nothing is
added for what is fixed, only grows, or moves in steps of seconds; the table gives the tolerance of the rest.
"""

import pytest
import tools
from appliance import program, run

MIB = 2**20
(MEMORY_LIMIT,) = (value for key, value in tools.free().items() if key[0] == "system.memory.limit")

# Each tool and its tolerance. A test suite beside this one starts programs and fills memory and disks.
TOOLS = [
    (tools.free, 0.05 * MEMORY_LIMIT),
    # Idle time and the wait for disks are estimates, which the kernel corrects downwards as well.
    (tools.vmstat, 1),
    (tools.vmstat_disks, 0),
    (tools.lsblk, 0),
    (tools.swapon, 64 * MIB),
    (tools.df, 512 * MIB),
    (tools.ip_link, 0),
    (tools.ss, 20),
    (tools.ps, 40),
    (tools.uptime, 0),
    (tools.sysctl, 2000),
    (tools.getconf, 0),
    (tools.nproc, 0),
    (tools.lscpu, 0),
    (tools.pressure, 0),
    (tools.faults, 0),
    (tools.sadf_memory, 0.05 * MEMORY_LIMIT),
    (tools.sadf_load, 0),
]


@pytest.fixture
def preview(tmp_path):
    """Reads this machine once, with the built program and before any agreement."""

    def read() -> tools.Values:
        result = run([program("accord"), "preview", "--json", "--prefix", str(tmp_path)])
        assert (result.code, result.err) == (0, "")
        values = {(reading["signal"], *told(reading)): reading["value"] for reading in result.json}
        cached, slab = values.pop(("system.memory.usage", "cached")), ("system.memory.linux.slab.usage", "reclaimable")
        return values | {tools.CACHE: cached + values[slab]}

    return read


def told(reading: dict) -> list[str]:
    """The values of the attributes that a tool knows too, sorted."""
    attributes = dict(reading["attributes"])
    if reading["signal"].startswith("system.filesystem."):
        # df tells devices in many ways, and no modes; a mount point says which file system it is.
        for key in ("system.device", "system.filesystem.mode"):
            attributes.pop(key, None)
    return sorted(attributes.values())


@pytest.mark.parametrize(("tool", "tolerance"), TOOLS, ids=[tool.__name__ for tool, _ in TOOLS])
def test_a_reading_lies_between_two_answers_of_a_tool(preview, tool, tolerance):
    before, ours, after = ask(tool), preview(), ask(tool)
    signals = {signal for signal, *_ in before}
    compared = {key: value for key, value in ours.items() if key[0] in signals}
    if not compared:
        pytest.skip(f"this machine has nothing that {tool.__name__} tells of")
    # What is left out is left out by the rules for devices, and always the whole device.
    assert {signal for signal, *_ in compared} == signals
    for key, value in compared.items():
        low, high = sorted((before[key], after[key]))
        assert low - tolerance <= value <= high + tolerance, key


def ask(tool) -> tools.Values:
    return {(signal, *sorted(values)): value for (signal, *values), value in tool().items()}


def test_the_facts_of_the_kernel_are_those_of_uname_and_dpkg(preview):
    ours = preview()
    assert ours["accord.kernel.release",] == tools.output("uname", "-r").strip()
    assert ours["host.name",] == tools.output("uname", "-n").strip()
    # Debian's names of architectures are those of the conventions.
    assert ours["host.arch",] == tools.output("dpkg", "--print-architecture").strip()
