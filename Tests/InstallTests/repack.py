"""Makes a later release of a Debian package out of it, with dpkg-deb alone: the programs stay what they are."""

import subprocess
from pathlib import Path

ADDED_COMMENT = "# A later release explains itself better.\n"
VERSION_ADDED = "+later1"


def newer(package: Path, folder: Path) -> Path:
    """Writes the package with a higher version and a changed default accord.toml."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    version = next(line for line in lines if line.startswith("Version: ")).split()[1]
    control.write_text("".join(lines).replace(f"Version: {version}\n", f"Version: {version}{VERSION_ADDED}\n"))
    settings = tree / "etc" / "accord" / "accord.toml"
    settings.write_text(ADDED_COMMENT + settings.read_text())
    # The sums of the files would not be right any more; a package need not have them.
    (tree / "DEBIAN" / "md5sums").unlink(missing_ok=True)
    result = folder / f"accord_{version}{VERSION_ADDED}.deb"
    build = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, result]
    subprocess.run(build, check=True, capture_output=True)
    return result
