"""This machine's kernel, with as many series as a budget names, and a load that moves them.

A network namespace of its own holds pairs of virtual interfaces: eight series each, from the real /proc/net/dev, and
nothing of it touches the machine's network. Where namespaces cannot be made, the machine is taken as it is.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOAD = "random packets on every interface, computing, file writes, short programs (load.py)"

MAKE_INTERFACES = """
ip link set lo up
for number in $(seq $0); do
  ip link add left$number type veth peer name right$number
  ip link set left$number up
  ip link set right$number up
done
echo ready
exec sleep infinity
"""


class Machine:
    """Processes that are started with `enter` in front see `interfaces` more interfaces (an even number)."""

    def __init__(self, interfaces: int, is_loaded: bool = True):
        self.enter: list[str] = []
        self._processes: list[subprocess.Popen] = []
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        holder = self._start(["unshare", *user, "--net", "--mount", "sh", "-c", MAKE_INTERFACES, str(interfaces // 2)])
        if holder.stdout.readline().strip() == "ready":
            enter_user = ["--user", "--preserve-credentials"] if user else []
            self.enter = ["nsenter", "--target", str(holder.pid), *enter_user, "--net", "--mount", "--"]
        if is_loaded:
            self._start([*self.enter, sys.executable, str(HERE / "load.py")])

    def _start(self, command: list[str]) -> subprocess.Popen:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._processes.append(process)
        return process

    def start(self, *command: str) -> subprocess.Popen:
        """Starts a command inside; it is ended with the machine."""
        return self._start([*self.enter, *command])

    def run(self, *command: str) -> str:
        """Runs a command inside and returns what it prints."""
        return subprocess.run([*self.enter, *command], check=True, stdout=subprocess.PIPE, text=True).stdout

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
