"""A process of the tests' own inside the sandbox of a unit: the unit as it is installed, with another program in it.

What the unit says about starting, watching and ending accordd is left out, because the program is not accordd; all
that closes the sandbox stays. So does what the administrator changed by drop-ins: `systemctl cat` shows both.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from administrator import Administrator
from box import wait_for

# Of the life of the service, not of its sandbox.
LEFT_OUT = (
    "Type NotifyAccess ExecStart ExecStartPre ExecStopPost ExecReload Restart RestartSec WatchdogSec TimeoutStartSec "
    "Requisite PartOf Wants Alias WantedBy"
).split()

FOLDER = "/var/lib/accord"


class Probe:
    """A program that runs in the sandbox of `unit`."""

    def __init__(self, administrator: Administrator, unit: str):
        self._box = administrator.box
        self._administrator = administrator
        self.name = f"probe-of-{unit}"
        self._sandbox = administrator.systemctl("cat", unit).out.splitlines()

    def start(self, *command: str) -> None:
        kept = [line for line in self._sandbox if line.split("=")[0] not in LEFT_OUT]
        text = "\n".join(kept)
        # The program's text comes in as standard input: there is no folder that both the tests and the unit can write.
        text = text.replace("[Service]", "[Service]\nType=exec\nRemainAfterExit=no\nExecStart=" + " ".join(command), 1)
        self._box.run("tee", f"/run/systemd/system/{self.name}", stdin=text)
        self._administrator.systemctl("daemon-reload")
        self._administrator.systemctl("start", self.name)

    def finish(self) -> None:
        """Waits for the program's end; it has to be a good one."""
        is_over = lambda: self._administrator.show(self.name, "ActiveState") in ("inactive", "failed")  # noqa: E731
        wait_for(is_over, f"the end of {self.name}")
        result = self._administrator.show(self.name, "Result")
        assert result == "success", self._box.shell(f"journalctl --no-pager --lines=20 --unit={self.name}")

    def remove(self) -> None:
        self._administrator.systemctl("stop", self.name, check=False)
        self._box.shell(f"rm -f /run/systemd/system/{self.name} {FOLDER}/probe-*")
        self._administrator.systemctl("daemon-reload")


@contextmanager
def started(administrator: Administrator, unit: str, program: str) -> Iterator[Probe]:
    """Starts a Python program in the sandbox. What it gives to `answer` is what `answer_of` returns."""
    probe = Probe(administrator, unit)
    source = administrator.box.path(f"{FOLDER}/probe-program.py")
    source.write_text(PRELUDE + program)
    source.chmod(0o644)
    try:
        probe.start("/usr/bin/python3", f"{FOLDER}/probe-program.py")
        yield probe
    finally:
        probe.remove()


def answer_of(administrator: Administrator, unit: str, program: str):
    """Runs a Python program in the sandbox to its end, and returns what it gave to `answer`."""
    with started(administrator, unit, program) as probe:
        probe.finish()
        return read_answer(administrator)


def read_answer(administrator: Administrator):
    return json.loads(administrator.box.path(f"{FOLDER}/probe-answer.json").read_text())


PRELUDE = f'''
import errno, json, os, socket, subprocess, time

def answer(value):
    with open("{FOLDER}/probe-answer.json", "w") as file:
        json.dump(value, file)

def attempt(action, *arguments):
    """The name of the error that an action ends with, or "done"."""
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

'''
