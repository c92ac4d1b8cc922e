"""The same way with the kernel of this machine: what arrives is what it says, as near as time allows."""

import os
import time

import pytest


def meminfo(name: str) -> int:
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ":"))


def uptime() -> float:
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])


@pytest.fixture
def arrived(sharing, receiver) -> dict[str, list]:
    begun = uptime()
    with sharing.daemon("--kernel-root", "/") as daemon:
        daemon.ticks(8)
    sharing.begun, sharing.seconds = begun, uptime() - begun
    assert sharing.accord("upload").code == 0
    points = {}
    for point in receiver.points():
        points.setdefault(point.signal, []).append(point)
    return points


def test_the_values_of_this_machine_arrive(arrived, sharing):
    uptimes = [point.value for point in arrived["system.uptime"]]
    assert uptimes == sorted(uptimes)
    assert sharing.begun <= uptimes[0] and uptimes[-1] <= sharing.begun + sharing.seconds

    assert {point.value for point in arrived["system.memory.limit"]} == {meminfo("MemTotal")}
    for point in arrived["system.memory.linux.available"]:
        assert point.value == pytest.approx(meminfo("MemAvailable"), abs=0.2 * meminfo("MemTotal"))

    with open("/proc/stat") as file:
        processors = sum(line.startswith("cpu") and line[3].isdigit() for line in file)
    assert {point.value for point in arrived["system.cpu.logical.count"]} == {processors}
    # All modes together grow by the time that passed on each processor; the kernel counts in hundredths.
    last = {point.attributes["cpu.mode"]: point.value for point in arrived["system.cpu.time"]}
    assert len(last) == 7
    assert 0 < sum(last.values()) <= (sharing.seconds + 0.2) * processors

    interfaces = {point.attributes["network.interface.name"] for point in arrived["system.network.io"]}
    assert "lo" in interfaces and interfaces <= set(os.listdir("/sys/class/net"))

    now = time.time_ns()
    assert all(now - 60_000_000_000 < point.time <= now for point in arrived["system.uptime"])


def test_the_facts_of_this_machine_arrive(arrived):
    with open("/etc/os-release") as file:
        release = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    (resource,) = {repr(point.resource): point.resource for point in arrived["system.uptime"]}.values()
    assert resource["os.type"] == "linux"
    assert resource["os.name"] == release["NAME"].strip('"')
    assert resource["os.description"] == release["PRETTY_NAME"].strip('"')
