"""Python's tomllib, a reader of all of TOML 1.0, on the same documents as Accord's reader of a part of it: what one of
them reads, the other must not refuse or read otherwise.

The documents are new at each run. One on which the readers differ is shown with its seed; TOML_SEED=… brings it back.
"""

import json
import os
import random
import subprocess
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from toml_documents import EXAMPLES, Documents

READER = Path(__file__).resolve().parents[2] / ".build/debug/TOMLVerdicts"
DOCUMENTS = 20_000

# Why a document of TOML 1.0 may be refused: what the head of TOMLDocument.swift says is left out or read narrowly.
LIMITS = [
    "are not supported",
    "stand in each other more than 8 deep",
    "the key has more than 8 parts",
    "the key is longer than 256 characters",
    "does not fit into 64 bits",
    "is already",
]


def ours(documents: list[bytes]) -> list[dict]:
    """The verdicts of Accord's reader: {"problem": …} or {"table": …}."""
    assert READER.exists(), f"{READER} is not there; `make build-tests` makes it"
    stream = b"".join(b"%d\n%s" % (len(document), document) for document in documents)
    lines = subprocess.run([READER], input=stream, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(lines) == len(documents)
    return [json.loads(line) for line in lines]


def theirs(document: bytes) -> dict | None:
    """What tomllib reads, None when it refuses. All its errors are of these two kinds, bad UTF-8 included."""
    try:
        return tomllib.loads(document.decode())
    except (ValueError, RecursionError):
        return None


def plain(verdict: dict) -> Any:
    """The value that a verdict tells, as tomllib would give it."""
    *_, (kind, value) = verdict.items()
    match kind:
        case "table":
            return {entry["key"]: plain(entry) for entry in value}
        case "array":
            return [plain(element) for element in value]
        case "date":
            return date.fromisoformat(value)
        case "string" | "integer" | "boolean":
            return value


def difference(document: bytes, verdict: dict) -> str | None:
    """How the readers differ, None where they agree."""
    read = theirs(document)
    if "problem" in verdict:
        if read is None or any(limit in verdict["problem"] for limit in LIMITS):
            return None
        return f"only tomllib accepts it; ours says: {verdict['problem']}"
    if read is None:
        return "only ours accepts it"
    # As text, because 1 and True are equal; the order of keys is the document's in both.
    return None if repr(plain(verdict)) == repr(read) else f"it means {read!r}, and to ours {plain(verdict)!r}"


def test_two_readers_of_toml_agree_on_any_document():
    seed = os.environ.get("TOML_SEED", str(random.SystemRandom().getrandbits(32)))
    generator = Documents(seed)
    documents = [generator.document() for _ in range(DOCUMENTS)]
    verdicts = ours(documents)
    for document, verdict in zip(documents, verdicts):
        found = difference(document, verdict)
        assert not found, f"TOML_SEED={seed}: {document!r}: {found}"
    # About a quarter is in order.
    assert sum("table" in verdict for verdict in verdicts) > DOCUMENTS / 6


def test_the_examples_mean_the_same_to_both_readers():
    documents = [path.read_bytes() for path in EXAMPLES]
    assert len(documents) >= 3
    for document, verdict in zip(documents, ours(documents)):
        assert difference(document, verdict) is None
