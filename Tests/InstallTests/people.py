"""People of a box who are not root: a member of the group accord, and a stranger; and what they try.

A person's program is Python and comes in as standard input; what it gives to `answer` is returned. `attempt` in it says
how an action ends: with the name of an error, or "done".
"""

import json

from administrator import Administrator
from box import Result

MEMBER, STRANGER, AGENT = "reader", "stranger", "accord"

PRELUDE = """
import errno, fcntl, json, os, signal, subprocess, sys, time

def answer(value):
    print(json.dumps(value))

def attempt(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

"""


def enter(administrator: Administrator) -> None:
    """Makes both people, where they are not there yet."""
    administrator.box.shell("id reader >/dev/null 2>&1 || useradd --groups accord reader")
    administrator.box.shell("id stranger >/dev/null 2>&1 || useradd stranger")


def words_as(user: str) -> list[str]:
    """What stands before a command that `user` runs."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--bounding-set=-all"]


def run_as(administrator: Administrator, user: str, *command: str, stdin: str | None = None) -> Result:
    return administrator.box.run(*words_as(user), *command, check=False, stdin=stdin)


def answer_of(administrator: Administrator, user: str, program: str):
    """Runs a program of a person's to its end."""
    done = run_as(administrator, user, "python3", "-", stdin=PRELUDE + program)
    assert done.code == 0, done
    return json.loads(done.out)
