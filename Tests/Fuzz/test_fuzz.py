"""Nothing that can stand in a file brings down the readers of the agreement, the scrubber or the reader of archives,
and nothing makes them slow.

The fuzzers run for FUZZ_SECONDS (30) each; the seed is in their words, which a failure shows together with
the file that brought one down. That file then stands in .build-fuzz/crashes, and is given back by
`.build-fuzz/release/fuzz FILE` (or fuzz-scrubber, fuzz-archive).
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
EXAMPLES = HERE.parents[1] / "etc/examples"

# The program, the folders that it begins with, the longest file that it makes, how much it must have run through.
FUZZERS = {
    "fuzz": ([HERE / "corpus", EXAMPLES], 4096, 1_000, 1_000),
    "fuzz-scrubber": ([HERE / "corpus-scrubber"], 1024, 200, 1_000),
    "fuzz-archive": ([HERE / "corpus-archive"], 8192, 200, 200),
}


def fuzz(name: str, *arguments: object, seconds: int) -> subprocess.CompletedProcess:
    program = BUILD / "release" / name
    assert program.exists(), f"{program} is not there; `make build-fuzz` makes it"
    command = [program, "-timeout=10", f"-artifact_prefix={BUILD}/crashes/", *arguments]
    environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=seconds + 60)


@pytest.mark.parametrize("name", FUZZERS)
def test_the_files_that_were_found_before_are_read_as_they_should(name):
    (BUILD / "crashes").mkdir(exist_ok=True)
    files = sorted(path for folder in FUZZERS[name][0] for path in folder.iterdir())
    run = fuzz(name, *files, seconds=60)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stderr.count("Executed ") == len(files) >= 5


@pytest.mark.parametrize("name", FUZZERS)
def test_no_file_that_a_fuzzer_makes_brings_the_readers_down(name, tmp_path):
    (BUILD / "crashes").mkdir(exist_ok=True)
    corpus, longest, runs_min, coverage_min = FUZZERS[name]
    seconds = int(os.environ.get("FUZZ_SECONDS", "30"))
    run = fuzz(
        name,
        *[f"-max_total_time={seconds}", f"-max_len={longest}", "-print_final_stats=1", f"-dict={HERE}/words.dict"],
        *[tmp_path, *corpus],
        seconds=seconds,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(re.search(r"number_of_executed_units: (\d+)", run.stderr)[1]) > runs_min
    # It is told which way the program takes: a build without that finds nothing.
    assert int(re.search(r"cov: (\d+)", run.stderr)[1]) > coverage_min


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


# ---------------------------------------------------------------------------------------------------------------
# The scrubber looks at each byte a fixed number of times, whatever stands around it.

# Where a recogniser might look at everything again for each of many; they are a choice, for each takes ten seconds.
DUMPED_TEXTS = [
    *["password=", 'password="', "--password ", "Cookie: a=", "password:\n ", '"secret": {', "password=a,", "$6$a$", "eyJ"],
    *["-----BEGIN KEY-----\n", "https://a:b@", "a@", "aa:bb:", "1.2.3.", "1:", "/home/-a", "nas.", "gatgat", "[removed: "],
]


def scrubbed_instructions(folder: Path, text: str, size: int) -> int:
    path = folder / f"{size}"
    path.write_text((text * (size // len(text) + 1))[:size])
    # valgrind does not understand what libFuzzer tells debuggers.
    program = folder / "fuzz-scrubber"
    subprocess.run(["strip", "-o", program, BUILD / "release/fuzz-scrubber"], check=True)
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind"]
    environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
    command = [*tool, str(program), str(path)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170)
    assert run.returncode == 0, run.stderr[-2000:]
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


@pytest.fixture(scope="module")
def scrubber_start(tmp_path_factory) -> int:
    return scrubbed_instructions(tmp_path_factory.mktemp("start"), "a", 0)


@pytest.mark.parametrize("text", DUMPED_TEXTS)
def test_the_time_to_scrub_grows_with_the_length_and_no_faster(tmp_path, scrubber_start, text):
    short, long = (scrubbed_instructions(tmp_path, text, size) - scrubber_start for size in (2 * 1024, 8 * 1024))
    # Four times the bytes; what was looked at again for each of them would take sixteen times as long.
    assert long <= 5 * max(short, 2_000_000)
