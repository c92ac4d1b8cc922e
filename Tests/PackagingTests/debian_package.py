"""What is in a .deb, read without installing it."""

import io
import subprocess
import tarfile
from functools import cached_property
from pathlib import Path


def output(*command: str | Path) -> bytes:
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True).stdout


class DebianPackage:
    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def fields(self) -> dict[str, str]:
        """The control file; further lines of a field follow its first."""
        result: dict[str, str] = {}
        for line in output("dpkg-deb", "--field", self.path).decode().splitlines():
            name, separator, value = line.partition(":")
            if not line.startswith(" ") and separator:
                result[name] = value.strip()
            else:
                result[list(result)[-1]] += "\n" + line
        return result

    @cached_property
    def members(self) -> list[tarfile.TarInfo]:
        with self._archive("--fsys-tarfile") as archive:
            return archive.getmembers()

    @cached_property
    def content(self) -> dict[str, bytes]:
        """The bytes of each file, by its path on the appliance."""
        return self._files("--fsys-tarfile")

    @cached_property
    def control(self) -> dict[str, bytes]:
        """The maintainer scripts and their kind, by name: "/postinst"."""
        return self._files("--ctrl-tarfile")

    def _archive(self, part: str) -> tarfile.TarFile:
        return tarfile.open(fileobj=io.BytesIO(output("dpkg-deb", part, self.path)))

    def _files(self, part: str) -> dict[str, bytes]:
        with self._archive(part) as archive:
            return {member.name[1:]: archive.extractfile(member).read() for member in archive if member.isfile()}
