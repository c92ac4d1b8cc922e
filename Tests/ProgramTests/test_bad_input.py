"""Wrong files, flags and situations: one clear sentence with what to do, the right exit code, and nothing lost."""

import re

import pytest
from appliance import needs_root, program, run

CONSENT = (
    'schema = 1\nsupplier = "Example Devices Ltd"\naccepts = 2\n[sources]\nproduct = "share"\nenvironment = "share"\n'
)

# The file, its text, and what is said of it behind its path. Both halves are refused as a whole.
WRONG_HALVES = {
    "a line that is no TOML": (
        "consent.toml",
        CONSENT + "usage = share\n",
        ":7:9: share is not a value; expected an integer, a boolean, a date, or text in quotes",
    ),
    "a table that is not closed": (
        "consent.toml",
        "schema = 1\n[sources\n",
        ":2:9: ",
    ),
    "a key given twice": (
        "consent.toml",
        CONSENT + 'product = "deny"\n',
        ":7:1: ",
    ),
    "an unknown key": (
        "consent.toml",
        "acepts = 2\n" + CONSENT,
        ":1:1: unknown key 'acepts'; expected one of",
    ),
    "an unknown source": (
        "consent.toml",
        CONSENT + 'enviroment = "share"\n',
        ":7:1: unknown key 'enviroment' in [sources]; expected one of 'product', 'environment', 'interaction', 'usage', "
        "'process', 'customer' or 'industry'; did you mean 'environment'?",
    ),
    "an unknown mode": (
        "consent.toml",
        CONSENT + 'usage = "shared"\n',
        ':7:9: unknown value "shared"; expected "deny", "local" or "share" (did you mean "share"?)',
    ),
    "a misspelt signal to withhold": (
        "consent.toml",
        CONSENT + '[withhold]\nsignals = ["system.memory.usge"]\n',
        ':8:12: "system.memory.usge" is no signal of the catalog; expected a name or pattern that matches one; '
        'did you mean "system.memory.usage"?',
    ),
    "a date that is a string": (
        "consent.toml",
        'until = "2027-11-21"\n' + CONSENT,
        ":1:9: 'until' is a string; expected a date, for example until = 2026-11-21",
    ),
    "a newer schema of the consent": (
        "consent.toml",
        CONSENT.replace("schema = 1", "schema = 2"),
        ":1:10: schema 2 is not known to this version; expected schema = 1; a newer file needs a newer accord",
    ),
    "no sources": (
        "consent.toml",
        "schema = 1\n",
        ":1:1: 'sources' is missing; expected [sources]",
    ),
    "another supplier": (
        "consent.toml",
        CONSENT.replace("Example", "Sample"),
        ':2:12: the consent is for "Sample Devices Ltd"; the offer at ',
    ),
    "an address without encryption": (
        "offer.toml",
        ("https://", "http://"),
        ":7:12: 'endpoint' is no plain https address; expected for example \"https://telemetry.example.com:4318\"",
    ),
    "a duration without a unit": (
        "offer.toml",
        ('"400 days"', '"400"'),
        ':13:13: "400" is not a duration; expected a whole number and ms, s, min, h, day or days',
    ),
    "a key of a newer offer": (
        "offer.toml",
        ("contact =", "contacts ="),
        ":4:1: unknown key 'contacts'; expected one of",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_HALVES.values(), ids=WRONG_HALVES.keys())
def test_a_wrong_half_is_refused_with_its_place_and_nothing_is_lost(sharing, receiver, wrong):
    name, text, sentence = wrong
    sharing.record()
    waits = sharing.batches()
    if isinstance(text, tuple):
        text = (sharing.etc / name).read_text().replace(*text, 1)
    path = sharing.write(name, text)

    check = sharing.accord("consent", "check", json=False)
    assert check.code == 4 and check.err.startswith(f"{path}{sentence}")
    assert re.search("; nothing is (sampled or )?sent until this is mended\n$", check.err)
    upload = sharing.accord("upload", json=False)
    assert upload.code == 4 and upload.err.startswith(f"accord: {path}{sentence}")
    assert len(upload.err.splitlines()) == 1 and receiver.connections == 0
    log = sharing.record(ticks=2)
    assert f"accordd: {path}{sentence}" in log
    assert sharing.batches() == waits and path.read_text() == text


def test_every_problem_is_data_too(sharing):
    sharing.write("consent.toml", CONSENT + 'enviroment = "share"\n')
    result = sharing.accord("consent", "check")
    assert result.code == 4
    (problem,) = result.json[0]["problems"]
    assert (problem["line"], problem["column"]) == (7, 1) and problem["file"].endswith("/etc/accord/consent.toml")
    assert problem["problem"] == "unknown key 'enviroment' in [sources]"
    assert problem["expected"].endswith("did you mean 'environment'?")


WRONG_FLAGS = [
    (["upload", "--now"], "Unknown option '--now'"),
    (["outbox", "--otlp"], "--otlp needs the id of a batch; see the list"),
    (
        ["status", "--prefix", "/nowhere"],
        "there is no directory '/nowhere'; --prefix names the directory that holds etc/accord",
    ),
    (
        ["status", "--prefix", "/etc/passwd"],
        "'/etc/passwd' is a regular file; --prefix names the directory that holds etc/accord",
    ),
    (
        ["preview", "--signal", "system.memroy.usage"],
        "no signal of the catalog is named 'system.memroy.usage'; did you mean 'system.memory.usage'?",
    ),
    (
        ["preview", "--signal", "system.memroy.*"],
        "no signal of the catalog is named 'system.memroy.*'; did you mean 'system.memory.*'?",
    ),
    (["preview", "--signal", "weather"], "no signal of the catalog is named 'weather'; see accord catalog"),
    (["status", "--prefix"], "Missing value for '--prefix"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG_FLAGS, ids=[" ".join(row[0]) for row in WRONG_FLAGS])
def test_a_wrong_flag_of_accord_is_usage(arguments, words):
    result = run([program("accord"), *arguments])
    assert (result.code, result.out) == (2, "") and words in result.err and "Usage: accord" in result.err


def test_a_misspelt_command_is_usage_and_names_the_one_that_was_meant():
    result = run([program("accord"), "uplod"])
    assert (result.code, result.out) == (2, "")
    assert result.err == "accord: there is no command 'uplod'; did you mean 'upload'?\n"


def test_an_unknown_batch_is_a_failure_that_points_to_the_list(sharing):
    sharing.record()
    result = sharing.accord("outbox", "00000000-1", json=False)
    assert (result.code, result.err) == (1, "accord: there is no batch '00000000-1' here; the list shows the ids\n")


@pytest.mark.parametrize(
    ("arguments", "err"),
    [
        (["--verbose"], "accordd: unknown option '--verbose'; see accordd --help\n"),
        (["--prefix"], "accordd: --prefix needs a directory; see accordd --help\n"),
        (["--prefix="], "accordd: --prefix needs a directory; see accordd --help\n"),
        (["extra"], "accordd: unknown option 'extra'; see accordd --help\n"),
    ],
)
def test_a_wrong_flag_of_accordd_is_usage(arguments, err):
    result = run([program("accordd"), *arguments])
    assert (result.code, result.out, result.err) == (2, "", err)


WRONG_SETTINGS = [
    (
        '[sampling]\nintervall = "1s"\n',
        ":2:1: unknown key 'intervall' in [sampling]; expected 'interval'; did you mean 'interval'?",
    ),
    ('[sampling]\ninterval = "10ms"\n', ":2:12: 'interval' is out of range; expected 100ms to 1h"),
    ("[spool]\nseal = 60\n", ":2:8: 'seal' is an integer; expected a duration, for example seal = \"15min\""),
    ('[history]\nquota = "1 KiB"\n', ':2:9: \'quota\' is out of range; expected "256 KiB" to "1024 GiB"'),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG_SETTINGS, ids=[row[0].split("\n")[1] for row in WRONG_SETTINGS])
def test_wrong_settings_end_the_agent_with_their_place(sharing, text, sentence):
    path = sharing.write("accord.toml", text)
    result = run(sharing.command("accordd"))
    assert (result.code, result.out, result.err) == (1, "", f"accordd: {path}{sentence}\n")
    assert sharing.accord("status").json[0]["problems"] == [f"{path}{sentence}"]


def test_a_second_agent_is_refused_and_the_first_goes_on(sharing):
    with sharing.daemon() as daemon:
        daemon.ticks(1)
        result = run(sharing.command("accordd"))
        assert (result.code, result.err) == (1, f"accordd: another accordd already works in {sharing.var}\n")
        daemon.ticks(2)


@needs_root
def test_a_prefix_that_cannot_be_written_ends_the_agent_with_a_sentence(open_folder):
    prefix = open_folder / "prefix"
    prefix.mkdir(mode=0o755)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    result = run([*nobody, program("accordd"), "--prefix", str(prefix)])
    assert (result.code, result.err) == (1, f"accordd: cannot create {prefix}/var: Permission denied\n")
    assert list(prefix.iterdir()) == []


def test_a_missing_file_of_authorities_is_named(sharing, receiver):
    sharing.record()
    (sharing.etc / "supplier-ca.pem").unlink()
    result = sharing.accord("upload", json=False)
    assert (
        result.code == 1
        and f"{sharing.etc}/supplier-ca.pem: there is no such file; put the certificates here" in result.err
    )
    assert "supplier-ca.pem: there is no such file" in sharing.accord("consent", "check", json=False).out
    assert receiver.requests == [] and len(sharing.batches()) == 2
