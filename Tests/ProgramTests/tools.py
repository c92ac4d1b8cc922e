"""What other people's tools say of this machine, in our names: procps, iproute2, util-linux, coreutils, sysstat and libc.

Each function asks one tool once.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

# A tool's answer: series and their values. A series is a signal and the values of its attributes, sorted, because the
# tools do not know our keys.
Values = dict[tuple[str, ...], float]

# To free(1) the page cache and the part of the slab that can be reclaimed are one.
CACHE = ("cached and reclaimable",)


def output(*command: str) -> str:
    """What a tool prints, in English."""
    return subprocess.check_output(command, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"})


def free() -> Values:
    """procps: free(1)."""
    head, memory, _ = output("free", "--bytes", "--wide").splitlines()
    row = dict(zip(head.split(), map(int, memory.split()[1:])))
    return {
        ("system.memory.limit",): row["total"],
        ("system.memory.usage", "used"): row["used"],
        ("system.memory.usage", "free"): row["free"],
        ("system.memory.usage", "buffers"): row["buffers"],
        CACHE: row["cache"],
        ("system.memory.linux.shared",): row["shared"],
        ("system.memory.linux.available",): row["available"],
    }


def vmstat() -> Values:
    """procps: vmstat(8), the counters since boot."""
    lines = re.findall(r"^ *(\d+) (?:K )?(.+)$", output("vmstat", "-s"), re.MULTILINE)
    facts = {name: int(number) for number, name in lines}
    ticks = os.sysconf("SC_CLK_TCK")
    modes = {
        "user": facts["non-nice user cpu ticks"],
        "nice": facts["nice user cpu ticks"],
        "system": facts["system cpu ticks"],
        "idle": facts["idle cpu ticks"],
        "iowait": facts["IO-wait cpu ticks"],
        "interrupt": facts["IRQ cpu ticks"] + facts["softirq cpu ticks"],
        "steal": facts["stolen cpu ticks"],
    }
    values = {("system.cpu.time", mode): count / ticks for mode, count in modes.items()}
    values["system.process.created",] = facts["forks"]
    values["system.paging.operations", "in", "major"] = facts["pages swapped in"]
    values["system.paging.operations", "out", "major"] = facts["pages swapped out"]
    return values


def vmstat_disks() -> Values:
    """procps: vmstat(8), the disks."""
    values = {}
    for line in output("vmstat", "-d", "-w").splitlines()[2:]:
        name, *numbers = line.split()
        for direction, columns in (("read", numbers[:4]), ("write", numbers[4:8])):
            total, merged, sectors, milliseconds = map(int, columns)
            values["system.disk.operations", name, direction] = total
            values["system.disk.merged", name, direction] = merged
            values["system.disk.io", name, direction] = 512 * sectors
            values["system.disk.operation_time", name, direction] = milliseconds / 1000
    return values


def lsblk() -> Values:
    """util-linux: lsblk(8)."""
    devices = json.loads(output("lsblk", "--bytes", "--json", "--nodeps", "--all", "--output", "NAME,SIZE"))
    return {("system.disk.limit", device["name"]): int(device["size"]) for device in devices["blockdevices"]}


def swapon() -> Values:
    """util-linux: swapon(8)."""
    values = {}
    for line in output("swapon", "--show=NAME,SIZE,USED", "--bytes", "--noheadings", "--raw").splitlines():
        name, size, used = line.split()
        values["system.paging.usage", name, "used"] = int(used)
        values["system.paging.usage", name, "free"] = int(size) - int(used)
    return values


def df() -> Values:
    """coreutils: df(1)."""
    values = {}
    columns = "fstype,size,used,avail,itotal,iused,iavail,target"
    for line in output("df", "--all", "--block-size=1", f"--output={columns}").splitlines()[1:]:
        kind, *numbers, target = line.split(maxsplit=7)
        if "-" in numbers:
            continue
        size, used, available, _, inodes_used, inodes_free = map(int, numbers)
        values["system.filesystem.limit", target, kind] = size
        values["system.filesystem.usage", target, kind, "used"] = used
        values["system.filesystem.usage", target, kind, "free"] = available
        values["system.filesystem.usage", target, kind, "reserved"] = size - used - available
        values["system.filesystem.inodes.usage", target, kind, "used"] = inodes_used
        values["system.filesystem.inodes.usage", target, kind, "free"] = inodes_free
    return values


def ip_link() -> Values:
    """iproute2: ip(8)."""
    values = {}
    for link in json.loads(output("ip", "-s", "-s", "-j", "link")):
        for direction, side in (("receive", "rx"), ("transmit", "tx")):
            count = link["stats64"][side]
            values["system.network.io", link["ifname"], direction] = count["bytes"]
            values["system.network.packet.count", direction, link["ifname"]] = count["packets"]
            values["system.network.errors", link["ifname"], direction] = count["errors"]
            # The kernel's own table counts what it missed among what it dropped.
            dropped = count["dropped"] + count.get("missed_errors", 0)
            values["system.network.packet.dropped", link["ifname"], direction] = dropped
    return values


def ss() -> Values:
    """iproute2: ss(8)."""
    names = {"ESTAB": "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_received", "FIN-WAIT-1": "fin_wait_1"}
    names |= {"FIN-WAIT-2": "fin_wait_2", "TIME-WAIT": "time_wait", "UNCONN": "closed", "CLOSE-WAIT": "close_wait"}
    names |= {"LAST-ACK": "last_ack", "LISTEN": "listen", "CLOSING": "closing"}
    states = Counter(line.split()[0] for line in output("ss", "-Htan").splitlines())
    values = {("system.network.connection.count", name, "tcp"): states[state] for state, name in names.items()}
    return values | {("system.network.connection.count", "udp"): len(output("ss", "-Huan").splitlines())}


def ps() -> Values:
    """procps: ps(1). Itself it counts as well."""
    names = {"R": "running", "S": "sleeping", "D": "sleeping", "I": "sleeping", "T": "stopped", "t": "stopped"}
    states = Counter(names.get(state, "defunct") for state in output("ps", "-e", "-o", "state=").split())
    return {("system.process.count", state): states[state] for state in {*names.values(), "defunct"}}


def uptime() -> Values:
    """procps: uptime(1)."""
    loads = re.search(r"load average: (.+), (.+), (.+)", output("uptime")).groups()
    return {(f"system.cpu.load_average.{window}",): float(load) for window, load in zip(("1m", "5m", "15m"), loads)}


def sysctl() -> Values:
    """procps: sysctl(8)."""
    usage, _, limit = map(int, output("sysctl", "-n", "fs.file-nr").split())
    threads = int(output("sysctl", "-n", "kernel.threads-max"))
    return {
        ("accord.file_handle.usage",): usage,
        ("accord.file_handle.limit",): limit,
        ("system.process.limit",): threads,
    }


def getconf() -> Values:
    """libc: getconf(1)."""
    return {("system.cpu.logical.count",): int(output("getconf", "_NPROCESSORS_ONLN"))}


def nproc() -> Values:
    """coreutils: nproc(1), as far as this process may use all processors."""
    return {("system.cpu.logical.count",): int(output("nproc"))} if len(os.sched_getaffinity(0)) == os.cpu_count() else {}


def sadf(what: str) -> dict:
    """sysstat: sadc(8) collects for a second, sadf(1) tells. Its rates have no like among our counters."""
    programs = Path(sys.prefix) / "bin"
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([programs / "sadc", "1", "2", file.name], check=True)
        told = json.loads(output(str(programs / "sadf"), "-j", file.name, "--", what))
    return told["sysstat"]["hosts"][0]["statistics"][0]


def sadf_memory() -> Values:
    return {("system.memory.linux.available",): 1024 * sadf("-r")["memory"]["avail"]}


def sadf_load() -> Values:
    queue = sadf("-q")["queue"]
    return {(f"system.cpu.load_average.{minutes}m",): queue[f"ldavg-{minutes}"] for minutes in (1, 5, 15)}


def lscpu() -> Values:
    """util-linux: lscpu(1)."""
    lines = output("lscpu", "--online", "--parse=CORE,SOCKET").splitlines()
    return {("system.cpu.physical.count",): len({line for line in lines if not line.startswith("#")})}


def pressure() -> Values:
    """No tool of Debian's tells these: the kernel's text."""
    values = {}
    for file in Path("/proc/pressure").glob("*"):
        for kind, total in re.findall(r"^(some|full) .* total=(\d+)$", file.read_text(), re.MULTILINE):
            values[f"system.{file.name}.linux.pressure.total", kind] = int(total) / 1e6
    return values


def faults() -> Values:
    """Nor these."""
    count = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    all_faults, major = int(count["pgfault"]), int(count["pgmajfault"])
    return {("system.paging.faults", "major"): major, ("system.paging.faults", "minor"): all_faults - major}
