"""What the Tab key makes of a command line, in the shells themselves: each loads the script that `accord` writes for
it, and is typed at on a terminal or asked for its suggestions.

zsh and fish are asked where they are installed; packaging/set-up does not, for they are nothing else here.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from appliance import program, run
from manual_page import help_of, verbs

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
SOURCES = ["product", "environment", "interaction", "usage", "process", "customer", "industry"]
SECONDS_MAX = 20

# Completes the words of its arguments, the last one unfinished, as bash does it when Tab is pressed.
ASK_BASH = r"""
source "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
_accord "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="session")
def scripts(tmp_path_factory) -> Path:
    """The folder with the script of each shell."""
    folder = tmp_path_factory.mktemp("completion")
    for name in ("bash", "zsh", "fish"):
        done = run([program("accord"), "--generate-completion-script", name])
        assert (done.code, done.err) == (0, "")
        (folder / name).write_text(done.out)
    return folder


@pytest.fixture(params=["plain bash", "bash-completion"])
def loading(request) -> str:
    """The line that comes before the script: nothing, or the package that most people have."""
    if request.param == "plain bash":
        return ":"
    if not BASH_COMPLETION.exists():
        pytest.skip("bash-completion is not installed")
    return f"source {BASH_COMPLETION}"


def shell(name: str) -> str:
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed")
    return path


def environment(**more: str) -> dict[str, str]:
    """As of a person who has `accord` on the path, and nothing of their own."""
    path = f"{Path(program('accord')).parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "TERM": "dumb", "LC_ALL": "C.UTF-8"} | more


def bash(scripts: Path, loading: str, *words: str, folder: Path = Path("/")) -> list[str]:
    """What bash suggests for the last word."""
    command = ["bash", "--norc", "-c", f"{loading}\n{ASK_BASH}", "bash", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment(SCRIPT=str(scripts / "bash"))
    )
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(done.stdout.split())


def fish(scripts: Path, line: str) -> list[str]:
    """What fish suggests for the end of a line."""
    command = [shell("fish"), "--no-config", "-c", f"source {scripts / 'fish'}; complete -C {line!r}"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(HOME=str(scripts)))
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(suggestion.split("\t")[0] for suggestion in done.stdout.splitlines())


def typed(command: list[str], setting_up: str, keys: str, expected: str, **more: str) -> str:
    """Types at a shell on a terminal of its own until it shows what is expected, and returns all that it showed."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment(PS1="$ ", **more))
    shown, deadline = "", time.monotonic() + SECONDS_MAX
    try:
        for text, sign in ((f"{setting_up}; echo R''EADY\n", "READY"), (keys, expected)):
            os.write(terminal, text.encode())
            begun = len(shown)
            while sign not in shown[begun:] and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 4096).decode(errors="replace").replace("\a", "")
        return shown
    finally:
        os.close(terminal)
        os.kill(process, 9)
        os.waitpid(process, 0)


def flags_of(verb: tuple[str, ...]) -> set[str]:
    return set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", help_of("accord", *verb), re.MULTILINE))


def below(verb: tuple[str, ...]) -> set[str]:
    """The commands right below one."""
    return {found[len(verb)] for found in verbs(*verb) if len(found) == len(verb) + 1}


def test_bash_knows_every_command_and_every_option(scripts, loading):
    found = [(), *verbs()]
    assert len(found) > 15
    for verb in found:
        if verb == ("help",):
            continue
        assert set(bash(scripts, loading, "accord", *verb, "--")) == flags_of(verb), verb
        if below(verb):
            suggested = {word for word in bash(scripts, loading, "accord", *verb, "") if not word.startswith("-")}
            assert suggested - {"help"} == below(verb) - {"help"}, verb


def test_bash_goes_on_from_what_is_typed(scripts, loading):
    assert bash(scripts, loading, "accord", "con") == ["consent"]
    assert bash(scripts, loading, "accord", "consent", "re") == ["revoke"]
    assert bash(scripts, loading, "accord", "catalog", "--source", "pro") == ["process", "product"]
    assert bash(scripts, loading, "accord", "xyz") == []


def test_bash_completes_folders_files_sources_and_changes(scripts, loading, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.toml").touch()
    for verb, option in ((["status"], "--prefix"), (["preview"], "--kernel-root")):
        assert bash(scripts, loading, "accord", *verb, option, "f", folder=tmp_path) == ["folder"]
    assert bash(scripts, loading, "accord", "consent", "plan", "fi", folder=tmp_path) == ["file.toml"]
    assert bash(scripts, loading, "accord", "consent", "revoke", "pro") == ["process", "product"]
    changes = [f"{source}={mode}" for source in SOURCES for mode in ("deny", "local", "share")]
    assert set(changes) <= set(bash(scripts, loading, "accord", "consent", "set", ""))


def test_a_person_at_bash_gets_the_rest_of_the_word(scripts, loading):
    command = ["bash", "--norc", "--noprofile"]
    setting_up = f"{loading}; source {scripts / 'bash'}"
    assert "accord consent " in typed(command, setting_up, "accord con\t", "accord consent ")
    # The equals sign ends a word for bash, so it stands with a backslash before it, which means the same.
    line = typed(command, setting_up, "accord consent set env\tl\t", "local ")
    assert re.search(r"accord consent set environment\\?=local ", line)


def test_a_person_at_zsh_gets_the_rest_of_the_word(scripts):
    command = [shell("zsh"), "-f", "-i"]
    setting_up = f"unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source {scripts / 'zsh'}"
    for begun, whole in [
        ("accord con\t", "accord consent "),
        ("accord consent rev\t", "accord consent revoke "),
        ("accord upload --sch\t", "accord upload --scheduled "),
        ("accord catalog --source env\t", "accord catalog --source environment "),
        ("accord consent set env\tl\t", "accord consent set environment=local "),
    ]:
        shown = typed(command, setting_up, begun, whole, HOME=str(scripts))
        assert whole in shown and "not found" not in shown


def test_fish_knows_the_commands_and_their_options(scripts):
    assert set(fish(scripts, "accord ")) >= below(())
    assert set(fish(scripts, "accord consent ")) == below(("consent",))
    assert set(fish(scripts, "accord consent plan --")) == flags_of(("consent", "plan"))
    assert fish(scripts, "accord catalog --source env") == ["environment"]
    assert fish(scripts, "accord consent set environment=") == [
        f"environment={mode}" for mode in ("deny", "local", "share")
    ]
