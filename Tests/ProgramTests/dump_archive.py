"""A dump as whoever gets it sees it: read with Python's own gzip and tar, in the order of the archive."""

import hashlib
import json
import tarfile
from pathlib import Path

from appliance import Appliance


class DumpArchive:
    """What is in one archive."""

    def __init__(self, path: Path):
        self.path = path
        self.members: list[tarfile.TarInfo] = []
        self.files: dict[str, bytes] = {}
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                self.members.append(member)
                folder, _, name = member.name.partition("/")
                self.folder = folder
                self.files[name] = archive.extractfile(member).read()

    @property
    def manifest(self) -> dict:
        return json.loads(self.files["manifest.json"])

    @property
    def sections(self) -> dict[str, dict]:
        return {section["name"]: section for section in self.manifest["sections"]}

    def text(self, name: str) -> str:
        """A section's text."""
        return self.files[f"sections/{name}.txt"].decode()

    @property
    def everything(self) -> bytes:
        """The content and the names of all files."""
        return b"\n".join(name.encode() + b"\n" + content for name, content in self.files.items())

    def check_digests(self) -> None:
        """Every file that is there is listed with its digest, but for the list itself."""
        listed = {file["path"]: file for section in self.manifest["sections"] for file in section["files"]}
        assert set(self.files) - {"manifest.json"} == set(listed)
        for path, file in listed.items():
            assert file["bytes"] == len(self.files[path])
            assert file["sha256"] == hashlib.sha256(self.files[path]).hexdigest()


def dump(appliance: Appliance, folder: Path, *arguments: str) -> DumpArchive:
    """Makes a dump and opens it."""
    done = appliance.accord("dump", "--output", str(folder), *arguments)
    assert done.code == 0, done.err
    (report,) = done.json
    path = Path(report["path"])
    assert path.parent == folder and path.stat().st_size == report["bytes"]
    return DumpArchive(path)
