"""What administrators do to the two files in a hurry, and what the programs say then: one sentence with the place, the
remedy and what is in force meanwhile, the same in `accord consent check`, in the log and on the screen of `accord status`.
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from agreement_files import CONSENT, OFFER, toml
from appliance import Appliance, needs_root, wait_for

GOOD = toml(CONSENT | {"sources": {"product": "share", "environment": "share"}})
MODES = 'expected "deny", "local" or "share"'
WORDS = "expected an integer, a boolean, a date, or text in quotes"
VALUES = "expected a string, an integer, a boolean, a date or an array"
SOURCES = (
    "expected one of 'product', 'environment', 'interaction', 'usage', 'process', 'customer' or 'industry'; did you mean"
)
PRODUCT, ENVIRONMENT = 'product = "share"', 'environment = "share"'


def edit(before: str, after: str) -> Callable[[str], str]:
    def edited(text: str) -> str:
        assert before in text
        return text.replace(before, after)

    return edited


# What somebody did to the good consent, and what is said behind its path.
SLIPS: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "a source is misspelt": (
        edit("environment", "enviroment"),
        f":9:1: unknown key 'enviroment' in [sources]; {SOURCES} 'environment'?",
    ),
    "a source is in capitals": (
        edit("environment", "Environment"),
        f":9:1: unknown key 'Environment' in [sources]; {SOURCES} 'environment'?",
    ),
    "a table is in capitals": (
        edit("[sources]", "[SOURCES]"),
        ":1:1: 'sources' is missing; expected [sources] (there is 'SOURCES' at line 7)",
    ),
    "quotes are forgotten": (
        edit(PRODUCT, "product = share"),
        f':8:11: share is not a value; {WORDS} (did you mean "share" with quotes?)',
    ),
    "yes": (edit(PRODUCT, "product = yes"), f':8:11: yes is not a value; {WORDS} (did you mean "yes" with quotes?)'),
    "yes in quotes": (edit(PRODUCT, 'product = "yes"'), f':8:11: unknown value "yes"; {MODES}'),
    "true": (edit(PRODUCT, "product = true"), f":8:11: 'product' is a boolean; {MODES}, for example product = \"deny\""),
    "a mode in capitals": (
        edit(PRODUCT, 'product = "Share"'),
        f':8:11: unknown value "Share"; {MODES} (did you mean "share"?)',
    ),
    "a colon": (edit(PRODUCT, 'product: "share"'), ":8:8: unexpected ':' after the key; expected '=' and a value"),
    "a comment in place of the value": (
        edit(PRODUCT, 'product = # "share"'),
        f":8:11: unexpected '#' where a value should be; {VALUES}",
    ),
    "quotes of a word processor": (
        edit(PRODUCT, "product = \u201cshare\u201d"),
        ':8:11: a typographic quote (\u201c) stands here; expected "',
    ),
    "a blank of a web page": (
        edit(PRODUCT, 'product\u00a0= "share"'),
        ":8:8: U+00A0 stands here, which only looks like a blank; expected an ordinary blank",
    ),
    "a date as people write it": (
        edit("accepts = 2", "accepts = 2\nuntil = 21.11.2027"),
        ":4:9: 21.11.2027 is neither an integer nor a date; expected digits such as 42 or 2026-11-21, or text in quotes",
    ),
    "a number in quotes": (
        edit("accepts = 2", 'accepts = "2"'),
        ":3:11: 'accepts' is a string; expected an integer, for example accepts = 2",
    ),
    "saved half-way, within a word": (
        lambda text: text[: text.index("Example") + 3],
        ':2:12: the string is not closed on its line; expected a closing "',
    ),
    "saved half-way, before the sources": (
        lambda text: text[: text.index("[sources]")],
        ":1:1: 'sources' is missing; expected [sources]",
    ),
    "saved with nothing in it": (lambda text: "", ":1:1: 'schema' is missing; expected schema = 1"),
    "saved by Windows with a byte order mark": (
        lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        ":1:1: the file starts with a byte order mark; expected a file saved as UTF-8 without byte order mark",
    ),
    "saved by Windows as Unicode": (
        lambda text: text.encode("utf-16"),
        ":1:1: the file is saved as UTF-16; expected a file saved as UTF-8",
    ),
    "saved with umlauts of an old code page": (
        lambda text: text.replace("IT operations", "B\u00fcro").encode("latin-1"),
        ":4:17: the file is not valid UTF-8 here; expected a file saved as UTF-8",
    ),
    "pasted twice": (
        lambda text: text + "\n" + text,
        ":17:2: 'sources' is already a table, at line 7, column 1; expected all its keys below one header",
    ),
    "the offer pasted into it": (
        lambda text: toml(OFFER | {"delivery": {"endpoint": "https://example.com"}}),
        ":6:2: this is an offer, the supplier's half of the agreement; "
        "expected the customer's half here, with [sources]; the offer's place is offer.toml",
    ),
    "an agreement that has ended": (
        edit("accepts = 2", "accepts = 2\nuntil = 2020-01-01"),
        ":4:9: the agreement ended on 2020-01-01, at 00:00 UTC; to go on, write a later day behind 'until'",
    ),
}
HELD = "nothing is sampled or sent until this is mended"


def check(appliance: Appliance, receiver, sentence: str, follows: str, screen: str) -> None:
    """The sentence everywhere, nothing sampled, sent or lost."""
    waits = appliance.batches()
    said = appliance.accord("consent", "check", json=False)
    assert (said.code, said.err) == (4, f"{sentence}; {follows}\n")
    # Here accordd does not run, which comes first; then the problem, what follows from it, and what to do.
    rows = [row.strip().split(maxsplit=1) for row in appliance.accord("status", json=False).out.splitlines()]
    problem, remedy = sentence.split("; ", 1)
    assert rows[3:5] == [["critical", f"{problem}; {follows}"], ["->", remedy]]
    assert ["agreement", screen] in rows
    log = appliance.record(ticks=2).removeprefix(appliance.log_before)
    assert [line for line in log.splitlines() if sentence in line] == [f"accordd: {sentence}; {follows}"]
    assert appliance.accord("upload").code == 4 and receiver.connections == 0
    assert appliance.batches() == waits != []


@pytest.fixture
def recorded(sharing: Appliance) -> Appliance:
    sharing.log_before = sharing.record()
    return sharing


@pytest.mark.parametrize(("slip", "said"), SLIPS.values(), ids=SLIPS)
def test_a_slip_in_the_consent_is_held_with_one_sentence(recorded, receiver, slip, said):
    path = recorded.etc / "consent.toml"
    text = slip(path.read_text())
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    check(recorded, receiver, f"{path}{said}", HELD, f"held: {HELD}; what was kept stays")


def directory(path: Path) -> str:
    path.unlink()
    path.mkdir(mode=0o755)
    return ": it is a directory; expected a plain text file"


def deployed_for_a_group(path: Path) -> str:
    path.chmod(0o660)
    return f": its mode is 660, so others can write it; expected a file that only its owner can write: chmod go-w {path}"


def deployed_by_somebody(path: Path) -> str:
    os.chown(path, 1000, 1000)
    return f": it belongs to user 1000; expected a file owned by root: chown root {path}"


@pytest.mark.parametrize(
    "deploy", [directory, deployed_for_a_group, pytest.param(deployed_by_somebody, marks=needs_root)]
)
def test_a_consent_that_was_deployed_wrongly_is_held_with_one_sentence(recorded, receiver, deploy):
    path = recorded.etc / "consent.toml"
    check(recorded, receiver, f"{path}{deploy(path)}", HELD, f"held: {HELD}; what was kept stays")


def test_a_consent_in_place_of_the_offer_holds_what_would_be_shared(recorded, receiver):
    path = recorded.etc / "offer.toml"
    path.write_text((recorded.etc / "consent.toml").read_text())
    sentence = (
        f"{path}:7:2: this is a consent, the customer's half of the agreement; "
        "expected the supplier's half here, with [delivery]; the consent's place is consent.toml"
    )
    held = "nothing is sent until this is mended"
    check(recorded, receiver, sentence, held, f"sharing is held: {held}; what was kept stays")


def test_halves_that_name_different_suppliers_say_whom_each_names(recorded, receiver):
    path = recorded.write_consent({"product": "share", "environment": "share"}, supplier="Sample Devices Ltd")
    sentence = (
        f'{path}:2:12: the consent is for "Sample Devices Ltd"; the offer at {recorded.etc}/offer.toml:2 is from '
        '"Example Devices Ltd": if that is whom you agree with, write supplier = "Example Devices Ltd"'
    )
    held = "nothing is sent until this is mended"
    check(recorded, receiver, sentence, held, f"sharing is held: {held}; what was kept stays")


@pytest.mark.parametrize(
    "text",
    [GOOD.replace("\n", "\r\n"), GOOD.replace(" = ", "\t=\t"), GOOD + "\n\n# seen by IT, \u00fc\n"],
    ids=["CR LF", "tabs", "a remark"],
)
def test_what_only_looks_otherwise_is_in_force(recorded, receiver, text):
    (recorded.etc / "consent.toml").write_bytes(text.encode())
    assert recorded.accord("consent", "check").code == 0
    assert recorded.accord("upload").code == 0 and recorded.batches() == []


def by_vim(path: Path) -> None:
    """backupcopy=no: the old file is renamed away, and a new one written."""
    text = path.read_text()
    path.rename(path.with_name("consent.toml~"))
    time.sleep(0.3)
    path.write_text(text + "# seen\n")
    path.with_name("consent.toml~").unlink()


def by_nano(path: Path) -> None:
    """The file is emptied, and written in two pieces."""
    text = path.read_text()
    with open(path, "w") as file:
        time.sleep(0.3)
        file.write(text[: text.index(ENVIRONMENT)])
        file.flush()
        time.sleep(0.3)
        file.write(text[text.index(ENVIRONMENT) :])


@pytest.mark.parametrize("editor", [by_vim, by_nano])
def test_an_editor_that_saves_slowly_closes_the_gates_and_costs_nothing_else(sharing, receiver, editor):
    with sharing.daemon() as daemon:
        daemon.ticks(3)
        editor(sharing.etc / "consent.toml")
        wait_for(lambda: daemon.log.count("agreement in force: product share, environment share") == 2, "the agreement")
        daemon.ticks(2)
    assert "removing" not in daemon.log
    # What a half file does not name is refused by it for that moment: of such a source a new grant begins.
    sequences = [batch["sequence"] for batch in sharing.batches("product")]
    assert len(sequences) >= 2 and sequences == [*range(1, len(sequences) + 1)]
    assert sharing.accord("upload").code == 0
    assert {point.source for point in receiver.points() if point.kind != "event"} == {"product", "environment"}


def test_a_source_behind_a_comment_sign_is_a_word_of_refusal(recorded):
    path = recorded.etc / "consent.toml"
    path.write_text(path.read_text().replace(ENVIRONMENT, "# " + ENVIRONMENT))
    assert recorded.accord("consent", "check").code == 0
    (row,) = [row for row in recorded.accord("status", json=False).out.splitlines() if "others" in row]
    assert row.split()[:5] == ["others", "deny", "consent.toml:7", "not", "named:"] and "environment" in row


def test_an_old_file_that_is_restored_does_not_bring_back_what_was_revoked(recorded, receiver):
    path = recorded.etc / "consent.toml"
    backup = shutil.copy2(path, recorded.prefix / "backup")
    assert recorded.accord("consent", "set", "environment=deny", json=False).code == 0
    shutil.copy2(backup, path)
    said = recorded.accord("consent", "check", json=False)
    sentence = said.err.removesuffix(f"; {HELD}\n")
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(
        rf"{path}: it was last saved at {moment}, before what was revoked at {moment}: an old copy came back; "
        r"if it says what you want, save it again, or: accord consent accept",
        sentence,
    )
    check(recorded, receiver, sentence, HELD, f"held: {HELD}; what was kept stays")
