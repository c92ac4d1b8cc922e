"""Least privilege for people: who may read reads without root, who may not is told so, and nobody gets in the way.

The hostile one here is a local user, once a stranger and once a member of the group accord. Members may read what is
kept; what they can do beyond that, holding the locks that readers share, is shown at the end: it delays, and no more.
"""

import re
import time
from contextlib import contextmanager

import pytest
from box import wait_for
from people import MEMBER, STRANGER, answer_of, enter, run_as, words_as

ACCORDD = "accordd.service"
STATE = "/var/lib/accord"
PLACES = ("/etc/accord", STATE, f"{STATE}/private", f"{STATE}/accepted", "/run/accord")

# What says something of the state, and what does not need it. `doctor` finds a clock that nobody vouches for.
OF_THE_STATE = (
    ["status"], ["outbox"], ["sent"], ["ledger"], ["ledger", "verify"], ["consent", "plan", "environment=deny"],
)
READING = (*OF_THE_STATE, ["consent", "show"], ["consent", "check"], ["preview"], ["catalog"], ["doctor"])
WRITING = (["consent", "accept", "--yes"], ["consent", "set", "environment=deny"], ["consent", "revoke"], ["upload"])

EVERY_FILE = f"(dpkg -L accord; find /etc/accord {STATE} /run/accord)"


@pytest.fixture
def people(sharing):
    enter(sharing)
    return sharing


@contextmanager
def stopped(administrator):
    administrator.systemctl("stop", ACCORDD)
    try:
        yield
    finally:
        administrator.systemctl("start", ACCORDD)


def modes(administrator, find: str = EVERY_FILE) -> dict[str, tuple[int, str]]:
    """Mode and owner of each file that a command lists."""
    lines = administrator.box.shell(f"{find} | xargs -d '\\n' stat --format='%f %U:%G %n'").splitlines()
    return {name: (int(mode, 16), owner) for mode, owner, name in (line.split(" ", 2) for line in lines)}


def state(administrator) -> str:
    """Every byte, mode and time of the state."""
    return administrator.box.shell(
        f"find {STATE} /run/accord -printf '%p %M %U %G %T@ %s\\n' | sort; find {STATE} -type f | sort | xargs sha256sum")


def test_nothing_that_is_installed_or_made_has_a_set_id_bit_or_can_be_written_by_everybody(sharing):
    found = modes(sharing)
    assert {"/usr/bin/accord", "/usr/sbin/accordd", f"{STATE}/spool.db", "/run/accord/status.json"} <= set(found)
    assert {name for name, (mode, _) in found.items() if mode & 0o6000} == set()
    assert {name for name, (mode, _) in found.items() if mode & 0o002 and mode & 0o170000 != 0o120000} == set()


def test_whatever_the_umask_nobody_else_reads_what_is_kept(sharing):
    """Everything is made anew by an accordd and by commands of a root whose umask takes nothing away."""
    with sharing.provoking():
        sharing.systemctl("stop", ACCORDD)
        sharing.box.shell(f"rm -rf {STATE}/* /run/accord/* /etc/accord/consent.toml")
        sharing.drop_in(ACCORDD, "[Service]\nUMask=0000\n")
        try:
            sharing.systemctl("start", ACCORDD)
            sharing.box.shell("umask 000; accord consent accept --yes")
            sharing.box.shell("printf '\\n[redact]\\n\"system.device\" = \"hash\"\\n' >>/etc/accord/consent.toml")
            wait_for(lambda: sharing.box.path(f"{STATE}/private/hash.key").exists(), "the key")
            sharing.new_batches()
            sharing.box.shell("umask 000; accord consent set environment=local; accord consent set environment=share; accord upload")
            found = modes(sharing, f"find {STATE} /run/accord /etc/accord")
        finally:
            sharing.box.shell("sed -i '/^.redact/,$d' /etc/accord/consent.toml")
            sharing.revert(ACCORDD)
            sharing.systemctl("restart", ACCORDD)
    made = {"spool.db", "spool.db-wal", "spool.db-shm", "ledger.db", "identity", "private/history.db", "private/hash.key"}
    assert {f"{STATE}/{name}" for name in made} <= set(found)
    for name, (mode, owner) in found.items():
        if name.startswith("/etc/accord"):
            assert (mode & 0o022, owner) == (0, "root:root"), name
        else:
            assert owner == "accord:accord" and (name == "/run/accord" or mode & 0o027 == 0), (name, oct(mode), owner)
    assert found[f"{STATE}/private/hash.key"][0] & 0o777 == 0o600


def test_headers_that_everybody_can_read_are_refused_although_systemd_hands_them_on(sharing):
    sharing.write("/etc/accord/headers", "Authorization: Bearer secret-of-the-site\n", mode=0o644)
    sharing.write_settings(upload={"headers_file": "headers"})
    try:
        with sharing.provoking():
            refused = sharing.accord("upload", check=False)
        assert refused.code == 1 and "/etc/accord/headers" in refused.err and "chgrp accord" in refused.err, refused
    finally:
        sharing.box.path("/etc/accord/headers").unlink()
        sharing.write_settings()
        sharing.box.shell("rm -f /run/accord/upload.complaint")


def test_a_member_of_the_group_reads_everything_while_accordd_runs_and_while_it_does_not(people):
    def read_all(doctor_code: int = 0):
        for words in (*READING, *([*words, "--json"] for words in READING)):
            done = run_as(people, MEMBER, "accord", *words)
            assert (done.code, done.err) == (doctor_code if words[0] == "doctor" else 0, ""), (words, done)
            assert done.out or words[0] == "sent", words

    before = modes(people, f"find {STATE} /run/accord")
    read_all()
    after = modes(people, f"find {STATE} /run/accord")
    assert {name: after[name] for name in before if name in after} == {name: before[name] for name in before if name in after}
    with stopped(people):
        before = state(people)
        # It says that accordd does not run.
        read_all(doctor_code=1)
        assert state(people) == before


def test_who_is_neither_root_nor_a_member_is_told_so_in_one_sentence(people):
    with stopped(people):
        before = state(people)
        for words in (*OF_THE_STATE, *([*words, "--json"] for words in OF_THE_STATE)):
            done = run_as(people, STRANGER, "accord", *words)
            assert (done.code, done.out) == (1, ""), (words, done)
            assert re.fullmatch(r"accord: [^\n]*Permission denied[^\n]*\n", done.err), (words, done)
        assert state(people) == before


def test_what_writes_needs_root_and_says_so_in_one_sentence(people):
    before = people.facts("/etc/accord/consent.toml", "/etc/accord/offer.toml")
    for user in (MEMBER, STRANGER):
        for words in WRITING:
            done = run_as(people, user, "accord", *words)
            assert (done.code, done.out) == (1, ""), (words, done)
            assert re.fullmatch(r"accord: only root [^\n]*\n", done.err), (words, done)
    assert people.facts("/etc/accord/consent.toml", "/etc/accord/offer.toml") == before


TRYING = f"""
def place(path):
    yield "symbolic link", os.symlink, "/etc/shadow", path
    yield "dangling link", os.symlink, "/nowhere", path
    yield "pipe", os.mkfifo, path
    yield "hard link", os.link, "/etc/hostname", path
    yield "folder", os.mkdir, path

def huge(path):
    os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 1 << 31)

def spoil(path):
    return [(path, what) for what, action, *arguments in (
        ("open", os.open, path, os.O_RDWR), ("empty", os.truncate, path, 0), ("chmod", os.chmod, path, 0o777),
        ("chown", os.chown, path, os.getuid(), -1), ("rename", os.rename, path, path + ".gone"),
        ("replace", os.rename, mine, path), ("times", os.utime, path, (0, 0)),
        ("delete", os.rmdir if os.path.isdir(path) else os.unlink, path),
    ) if attempt(action, *arguments) not in ("EACCES", "EPERM", "EISDIR", "ENOTDIR", "EXDEV")]

mine = f"/tmp/mine-{{os.getuid()}}"
open(mine, "w").close()
done = []
for folder in {PLACES}:
    for name in FILES:
        path = folder + "/" + name
        done += [(path, what) for what, action, *arguments in place(path)
                 if attempt(action, *arguments) not in ("EACCES", "EPERM", "EEXIST", "EXDEV")]
        if attempt(huge, path) not in ("EACCES", "EPERM", "EISDIR"):
            done.append((path, "huge file"))
    done += spoil(folder)
for path in THERE:
    done += spoil(path)
done += [("signal", number) for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGHUP) if attempt(os.kill, PID, number) != "EPERM"]
done += [("/proc", file) for file in ("mem", "environ", "maps") if attempt(open, f"/proc/{{PID}}/{{file}}") == "done"]
answer(done)
"""


@pytest.mark.parametrize("user", [STRANGER, MEMBER])
def test_a_hostile_user_can_put_nothing_in_the_way_and_spoil_nothing(people, user):
    there = sorted(modes(people, f"find /etc/accord {STATE} /run/accord -mindepth 1"))
    names = sorted({path.rsplit("/", 1)[1] for path in there} | {
        "upload.errand", "upload.errand.new", "upload.outcome", "upload.complaint", "status.json.new", "failures", "failures.new",
        "spool.db.rewrite", "spool.db.damaged-1", "identity.new", "reserve.new", "hash.key.new", "consent.toml.new", "headers",
        "client.key", "upload.lock", "swap.lock", "new"})
    owners, before = modes(people), people.main_pid()
    done = answer_of(people, user, f"FILES, THERE, PID = {names!r}, {there!r}, {before}\n" + TRYING)
    assert done == []
    people.ticks(2)
    assert people.main_pid() == before
    now = modes(people)
    assert {name: now[name] for name in owners if name in now} == {name: owners[name] for name in owners if name in now}


def test_no_program_opens_anything_where_everybody_can_put_something(sharing):
    """Nothing that waits in /tmp, /var/tmp or /dev/shm can lead anybody astray who does not look there."""
    trace = "/root/places.trace"
    for words in ("accord consent set environment=local", "accord consent set environment=share", "accord upload", "accord status",
                  "accord outbox", "accord ledger verify", "accord doctor"):
        sharing.box.run("strace", "--follow-forks", "--trace=%file", f"--output={trace}", *words.split(), check=False)
        asked = sharing.box.path(trace).read_text()
        assert "/accord/" in asked and re.findall(r'"/(?:tmp|var/tmp|dev/shm)/[^"]*"', asked) == [], words


HOLDING = """
descriptor = os.open(PATH, os.O_RDONLY)
if PATH.endswith("-shm"):
    # Where SQLite's writer locks.
    fcntl.lockf(descriptor, fcntl.LOCK_SH, 1, 120)
else:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
answer("held")
sys.stdout.flush()
time.sleep(100)
"""


@contextmanager
def held(administrator, name: str):
    """A member of the group holds a lock."""
    administrator.box.run("tee", "/run/hold.py", stdin=f"import fcntl, os, sys, time\nPATH = '{STATE}/{name}'\nanswer = print\n" + HOLDING)
    command = " ".join([*words_as(MEMBER), "python3", "/run/hold.py"])
    administrator.box.shell(f"rm -f /run/held; setsid {command} >/run/held 2>&1 </dev/null & echo $! >/run/holder.pid")
    try:
        wait_for(lambda: "held" in administrator.box.run("cat", "/run/held", check=False).out, "a held lock")
        yield
    finally:
        administrator.box.shell("kill $(cat /run/holder.pid); rm -f /run/hold.py /run/held /run/holder.pid")


def test_a_member_who_holds_the_lock_of_the_upload_delays_deletions_and_nothing_else(people):
    people.accord("upload")
    people.new_batches()
    with held(people, "upload.lock"), people.provoking():
        people.new_batches()
        set_local = people.accord("consent", "set", "environment=local", check=False)
        assert set_local.code == 1 and "this is owed" in set_local.err
        # The word counts at once: nothing of it can leave, and accordd ticks, seals and starts.
        assert "environment local" in people.show(ACCORDD, "StatusText")
        assert people.accord("upload", check=False).code == 1
        people.systemctl("restart", ACCORDD)
        people.ticks(2)
    wait_for(lambda: not people.status_file()["is_deletion_owed"], "the deletion")
    assert {batch["source"] for batch in people.json("outbox")} <= {"product"}
    people.accord("consent", "set", "environment=share")


def test_a_member_who_holds_the_lock_of_the_databases_cannot_keep_accordd_from_ticking(people):
    for name in ("swap.lock", "spool.db-shm"):
        with held(people, name), people.provoking():
            people.ticks(3)
            # The one who holds it is the only one who is kept from knowing.
            assert people.accord("status").code == 0
        people.new_batches()
        assert people.is_active()
