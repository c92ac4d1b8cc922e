"""Nothing that can stand in a file brings down the readers of the agreement, and nothing makes them slow.

The fuzzer runs for FUZZ_SECONDS (30); its seed is in its words, which a failure shows together with the file that
brought it down. That file then stands in .build-fuzz/crashes, and is given back by `.build-fuzz/release/fuzz FILE`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ProgramTests"))

from agreement_files import CONSENT, toml  # noqa: E402
from appliance import Appliance  # noqa: E402

BUILD = HERE.parents[1] / ".build-fuzz"
CORPUS = HERE / "corpus"
EXAMPLES = HERE.parents[1] / "etc/examples"


def fuzz(*arguments: object, seconds: int) -> subprocess.CompletedProcess:
    program = BUILD / "release/fuzz"
    assert program.exists(), f"{program} is not there; `make build-fuzz` makes it"
    command = [program, "-timeout=10", f"-artifact_prefix={BUILD}/crashes/", *arguments]
    environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=seconds + 60)


def test_the_files_that_were_found_before_are_read_as_they_should(tmp_path):
    (BUILD / "crashes").mkdir(exist_ok=True)
    files = sorted([*CORPUS.iterdir(), *EXAMPLES.iterdir()])
    run = fuzz(*files, seconds=60)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stderr.count("Executed ") == len(files) >= 100


def test_no_file_that_a_fuzzer_makes_brings_the_readers_down(tmp_path):
    (BUILD / "crashes").mkdir(exist_ok=True)
    seconds = int(os.environ.get("FUZZ_SECONDS", "30"))
    run = fuzz(
        *[f"-max_total_time={seconds}", "-max_len=4096", "-print_final_stats=1", f"-dict={HERE}/words.dict"],
        *[tmp_path, CORPUS, EXAMPLES],
        seconds=seconds,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(re.search(r"number_of_executed_units: (\d+)", run.stderr)[1]) > 1_000
    # It is told which way the program takes: a build without that finds nothing.
    assert int(re.search(r"cov: (\d+)", run.stderr)[1]) > 1_000


def lines(head: str, item: Callable[[int], str], tail: str = "") -> Callable[[int], str]:
    """A text of about so many bytes, made of a head and of items."""

    def text(size: int) -> str:
        parts = [head]
        length, number = len(head), 0
        while length < size:
            parts.append(item(number))
            length += len(parts[-1].encode())
            number += 1
        return "".join(parts) + tail

    return text


HEAD = toml(CONSENT | {"sources": {"product": "share"}})
WITHHELD = HEAD + "[withhold]\nsignals = ["

# Where a reader might look at everything again for each of many.
LONG_CONSENTS = {
    "keys": lines("", lambda number: f"k{number} = 1\n"),
    "misspelt sources": lines(HEAD, lambda number: f"product{number} = 1\n"),
    "tables": lines("", lambda number: f"[t{number}]\n"),
    "tables in tables": lines("", lambda number: f"[a.b.c.d.e.f.g.h{number}]\n"),
    "dotted keys": lines("", lambda number: f"a.b.c.d.e.f.g.h{number} = 1\n"),
    "keys of accents": lines("", lambda number: f'"{number}e' + "\u0301" * 240 + '" = 1\n'),
    "an array": lines("a = [", lambda number: "1,", "]\n"),
    "an inline table": lines("a = {", lambda number: f"k{number} = 1, ", "z = 1}\n"),
    "brackets": lambda size: "a = " + "[" * size,
    "digits": lambda size: "a = " + "9" * size,
    "a string": lambda size: HEAD.replace("share", "s" * size),
    "patterns": lines(WITHHELD, lambda number: '"*.io_time",', "]\n"),
    "a pattern of stars": lambda size: WITHHELD + '"' + "*" * size + 'x"]\n',
    "a pattern of stars and letters": lambda size: WITHHELD + '"' + "*e" * (size // 2) + '"]\n',
}
SHORT, LONG = 8 * 1024, 32 * 1024
# The dearest are patterns, each of which is asked about every signal of the catalog.
INSTRUCTIONS_PER_BYTE_MAX = 8_000


def instructions(folder: Path, consent: str) -> int:
    """What `accord consent check` takes for this consent."""
    appliance = Appliance(folder)
    appliance.write_offer("https://telemetry.example.com:4318")
    appliance.write("consent.toml", consent)
    command = appliance.command("accord", "consent", "check")
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind"]
    run = subprocess.run([*tool, *command], capture_output=True, text=True, timeout=170)
    assert run.returncode in (0, 4), run.stderr
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> int:
    """What it takes for an empty file."""
    return instructions(tmp_path_factory.mktemp("start"), "")


@pytest.mark.parametrize("text", LONG_CONSENTS.values(), ids=LONG_CONSENTS)
def test_the_time_to_read_grows_with_the_length_and_no_faster(tmp_path, start, text):
    short, long = (instructions(tmp_path / str(size), text(size)) for size in (SHORT, LONG))
    assert (long - start) / LONG <= INSTRUCTIONS_PER_BYTE_MAX
    # Four times the bytes; what was looked at again for each of them would take sixteen times as long.
    assert long - start <= 6 * (short - start)
