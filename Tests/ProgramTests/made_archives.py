"""A dump as `accord dump` writes it, or as somebody who means ill does."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

import ledger_chain

FOLDER = "accord-dump-4711"


def chained_rows(rows: Iterable[tuple[int, str, dict]], before: bytes = bytes(32), first: int = 1) -> str:
    """Lines of sections/ledger.jsonl: (at_ms, kind, detail), with the hashes that belong to them."""
    lines = []
    for number, (at, kind, detail) in enumerate(rows, first):
        text = json.dumps(detail, separators=(",", ":"))
        before = ledger_chain.row_hash(before, number, at, kind, text)
        line = {"number": number, "at_ms": at, "kind": kind, "detail": text, "hash": before.hex()}
        lines.append(json.dumps(line) + "\n")
    return "".join(lines)


DAY = 1_795_219_200_000  # 2026-11-21

ROWS = [
    (DAY, "agreement-changed", {"agreement": "ab" * 32, "standing": "in-force", "product": "share"}),
    (DAY + 60_000, "clock-step", {"by_ms": 7_200_000}),
    *[
        (DAY + minute * 60_000, "upload", {"source": "product", "outcome": "accepted", "status": 200, "readings": 9})
        for minute in range(2, 7)
    ],
    (DAY + 420_000, "gap", {"source": "product", "database": "spool", "reason": "quota", "readings": 12, "batches": 1}),
]

HEALTH = [
    {"level": "notice", "source": None, "subject": "clock", "sentence": "it was set", "remedy": ""},
    {"level": "critical", "source": "environment", "subject": "disk /var", "sentence": "it is full", "remedy": "Make room."},
]


class Archive:
    """Files and a manifest that fits them, to be made unfit."""

    def __init__(self, **files: str):
        self.files = {
            "summary.json": json.dumps({"health": HEALTH, "status": {}}),
            "sections/status.txt": "all is well\n",
            "sections/ledger.jsonl": chained_rows(ROWS),
            **files,
        }
        self.manifest = {
            "format": "accord-dump",
            "version": 1,
            "made": "2026-11-21T22:38:05Z",
            "case": "4711",
            "agent_version": "0.9.0",
            "agreement": {"state": "in-force", "fingerprint": "ab" * 32, "sources": {"product": "share", "usage": "deny"}},
            "override": None,
            "is_local_included": False,
            "has_logs": False,
            "since": "2026-11-20T22:38:05Z",
            "command": ["accord", "dump", "--case", "4711"],
            "scrubbed": [{"kind": "ip", "count": 3}],
            "sections": [self.section(path) for path in self.files]
            + [self.section("kernel", status="withheld", reason="environment is not shared")],
        }
        self.page = "<!doctype html><title>page</title>"
        self.names = {}

    def section(self, path: str, status: str = "ok", reason: str = "") -> dict:
        files = []
        if path in self.files:
            content = self.files[path].encode()
            files = [{"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
        name = Path(path).stem
        return {
            **{"name": name, "title": f"The {name}", "source": None, "status": status, "reason": reason},
            **{"duration_ms": 12, "problems": [], "files": files},
        }

    def entries(self) -> list[tuple[str, bytes]]:
        first = [("index.html", self.page), ("manifest.json", json.dumps(self.manifest) + "\n")]
        return [(f"{FOLDER}/{name}", text.encode()) for name, text in first + list(self.files.items())]

    def write(self, path: Path) -> Path:
        path.write_bytes(gzip.compress(tar_of(self.entries())))
        return path


def tar_of(entries: list[tuple[str, bytes]], **header: object) -> bytes:
    """What Python makes of these files; `header` changes each one's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in header.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content) if info.isfile() else None)
    return buffer.getvalue()
