"""What root's commands and systemd do when the user accord itself has gone bad, as if the upload had been taken over.

That user owns /var/lib/accord and /run/accord and can put anything there. Whatever it puts, root's files outside stay as
they are and unread, and no command waits for ever. What it can do to the agent's own files is another matter: those it
can destroy, and the agent can stop working.
"""

import time

import pytest
from box import wait_for
from people import AGENT, PRELUDE, run_as, words_as

ACCORDD, UPLOAD = "accordd.service", "accord-upload.service"
STATE, RUN = "/var/lib/accord", "/run/accord"
FILES = (
    *(f"{STATE}/{name}" for name in (
        "spool.db", "spool.db-wal", "spool.db-shm", "spool.db.rewrite", "ledger.db", "ledger.db-wal", "identity", "identity.new",
        "accepted", "reserve", "upload.lock", "swap.lock", "accordd.lock", "private", "private/history.db", "private/hash.key",
        "private/dump-names", "private/dump-names.new")),
    *(f"{RUN}/{name}" for name in (
        "upload.errand", "upload.errand.new", "upload.outcome", "upload.complaint", "status.json", "status.json.new", "boot_id",
        "failures", "failures.new")),
)

# While accordd does not run, and then while systemd starts it.
BEFORE = (
    "accord status", "accord outbox", "accord ledger verify", "accord doctor",
    "accord dump --output /var/cache --section-seconds 2", "accord report --overwrite --output /var/cache/report.html",
    "accord consent set product=local",
)
AFTER = ("systemctl restart accordd", "accord status", "accord upload", "accord consent set product=share", "systemctl reload accordd")
# What changes the consent also waits for accordd to follow, and gives that up by itself.
SECONDS_MAX = 20
SECONDS_MAX_CONSENT = 40

CONTENT = "what only root may know\n"
CANARIES = ("/root/canary", "/run/canary", "/etc/canary", "/root/canaries", "/root/canaries/file")

# $1 is what is put there, $2 where. What was there is kept beside, to come back as the same file.
PUT = """
[ ! -e "$2" ] && [ ! -L "$2" ] || mv -T "$2" "$2.aside"
case $1 in
  link) if [ -d "$2.aside" ]; then ln -s /root/canaries "$2"; else ln -s /root/canary "$2"; fi ;;
  readable) ln -s /etc/canary "$2" ;;
  dangling) ln -s /etc/made-by-accord "$2" ;;
  pipe) mkfifo "$2" ;;
esac
"""
BACK = """
rm -rf "$1"
[ ! -e "$1.aside" ] || mv -T "$1.aside" "$1"
"""


def facts(administrator) -> str:
    return administrator.box.shell(
        f"stat --format='%n %f %U %G %s %Y' {' '.join(CANARIES)}; cat /root/canary /run/canary /etc/canary /root/canaries/file; ls -A /root/canaries; "
        "ls -d /etc/made-by-accord 2>&1", check=False)


@pytest.fixture
def canaries(sharing) -> str:
    """Files of root's that everything must leave alone: what they are like."""
    sharing.box.shell("mkdir -p /root/canaries && chmod 700 /root/canaries && rm -f /etc/made-by-accord")
    for path, mode in (("/root/canary", 0o600), ("/etc/canary", 0o644), ("/root/canaries/file", 0o600)):
        sharing.write(path, CONTENT, mode)
    # A hard link needs one on the same file system.
    sharing.box.shell("install -m 600 /root/canary /run/canary")
    return facts(sharing)


def hanging_or_telling(administrator, commands) -> list[str]:
    """The commands that did not end in time, or that printed what only root may know."""
    found = []
    for command in commands:
        limit = SECONDS_MAX_CONSENT if "consent" in command else SECONDS_MAX
        done = administrator.box.run("timeout", "--kill-after=1", str(limit), *command.split(), check=False)
        if done.code in (124, 137):
            found.append(f"{command}: hangs")
        if CONTENT.strip() in done.out + done.err:
            found.append(f"{command}: tells")
    return found


def mended(administrator) -> None:
    """The agreement as it was, and an accordd that runs."""
    administrator.box.shell("rm -f /run/accord/failures*")
    administrator.systemctl("restart", ACCORDD)
    administrator.ticks()
    # A command that changes nothing waits until the agreement has stood for half a minute.
    if "product share, environment share" not in administrator.show(ACCORDD, "StatusText"):
        administrator.accord("consent", "set", "product=share", "environment=share", check=False)


def put(administrator, what: str, path: str) -> None:
    if what == "hard link":
        # The kernel keeps that user from it (fs.protected_hardlinks); an appliance may have switched that off.
        canary = "/run/canary" if path.startswith(RUN) else "/root/canary"
        administrator.box.run("sh", "-c", PUT + '[ -d "$2.aside" ] || ln "$3" "$2"', "put", what, path, canary)
    else:
        run_as(administrator, AGENT, "sh", "-c", PUT, "put", what, path)


def problems(administrator, what: str, paths: list[str], canaries: str) -> list[str]:
    """What goes wrong, with these files replaced, while root gives its commands."""
    with administrator.provoking():
        administrator.systemctl("stop", ACCORDD)
        for path in paths:
            put(administrator, what, path)
        found = hanging_or_telling(administrator, BEFORE)
        administrator.box.run("timeout", str(SECONDS_MAX), "systemctl", "start", ACCORDD, check=False)
        found += hanging_or_telling(administrator, AFTER)
        administrator.box.run("timeout", str(2 * SECONDS_MAX), "systemctl", "stop", ACCORDD, check=False)
        for path in reversed(paths):
            administrator.box.run("sh", "-c", BACK, "back", path)
        now = facts(administrator)
        if now != canaries:
            found.append(f"root's files: {now}")
        mended(administrator)
    return [f"{what} at {paths}: {problem}" for problem in found]


# Those whose loss ends accordd at once would keep the others from being met, so each of them is alone.
ALONE = tuple(f"{STATE}/{name}" for name in ("spool.db", "ledger.db", "private", "swap.lock", "accordd.lock", "identity"))
ROUNDS = {path: [path] for path in ALONE} | {
    folder: [path for path in FILES if path.startswith(folder + "/") and path not in ALONE and "/private/" not in path]
    for folder in (STATE, RUN)
}


@pytest.mark.parametrize("what", ["link", "readable", "dangling", "hard link"])
@pytest.mark.parametrize("where", ROUNDS)
def test_whatever_the_agents_user_puts_in_place_of_its_files_roots_files_stay_as_they_are(sharing, canaries, where, what):
    assert problems(sharing, what, ROUNDS[where], canaries) == []


@pytest.mark.parametrize("path", FILES)
def test_no_command_waits_for_a_pipe_that_the_agents_user_put_in_place_of_a_file(sharing, canaries, path):
    assert problems(sharing, "pipe", [path], canaries) == []


SWAPPING = """
import ctypes
libc, exchange = ctypes.CDLL(None, use_errno=True), 2
os.symlink("/root/canaries", "STATE/other")
answer("swaps")
sys.stdout.flush()
here, there = b"STATE/private", b"STATE/other"
end = time.monotonic() + 20
while time.monotonic() < end:
    libc.renameat2(-100, here, -100, there, exchange)
""".replace("STATE", STATE)


def test_a_link_that_takes_a_folders_place_at_the_right_moment_gives_nobody_roots_files(sharing, canaries):
    """systemd works on the unit's folders as root whenever it starts something of the unit, and so does tmpfiles."""
    sharing.box.run("tee", "/run/swap.py", stdin=PRELUDE + SWAPPING)
    with sharing.provoking():
        sharing.box.shell(f"rm -f /run/swaps; setsid {' '.join(words_as(AGENT))} python3 /run/swap.py >/run/swaps 2>&1 </dev/null &")
        wait_for(lambda: "swaps" in sharing.box.run("cat", "/run/swaps", check=False).out, "the swapping")
        end = time.monotonic() + 15
        while time.monotonic() < end:
            for command in ("systemctl reload accordd", "systemctl restart accordd", "systemd-tmpfiles --create accord.conf",
                            "systemctl start --no-block accord-upload"):
                sharing.box.run("timeout", "5", *command.split(), check=False)
            assert facts(sharing) == canaries
        wait_for(lambda: sharing.box.run("pgrep", "-f", "swap.py", check=False).code != 0, "the end of the swapping", 40)
        sharing.box.shell(f"cd {STATE}; if [ -L private ]; then rm private; mv -T other private; fi; rm -f other /run/swap.py /run/swaps")
        mended(sharing)
    assert facts(sharing) == canaries
