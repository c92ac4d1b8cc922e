"""Fixtures of the installation tests: for each Debian release one booted box, which goes through the story in order.

`make test-install` runs them, as root. Elsewhere they are not collected: they need a package (ACCORD_PACKAGE names it),
root, and a minute or two. Each fixture brings the box to where a test begins, so that one test runs alone as well.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import certificates as certificate_files
import pytest
import repack
from administrator import Administrator
from box import RELEASES, Box, wait_for
from receiver import Receiver

# The order of the story; what removes the package comes last, and the journal has heard of everything.
STORY = [
    f"test_{chapter}"
    for chapter in (
        "first_start agreed sandbox support hostile hostile_agent hostile_files same_values supervision failures upgrade removal"
    ).split()
]

if "ACCORD_PACKAGE" not in os.environ:
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items) -> None:
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    ours.sort(key=lambda item: (item.callspec.params.get("release", ""), STORY.index(item.path.stem)))
    items[:] = [item for item in items if item not in ours] + ours


@pytest.fixture(scope="session")
def package() -> Path:
    """The Debian package under test."""
    return Path(os.environ["ACCORD_PACKAGE"]).resolve(strict=True)


@pytest.fixture(scope="session")
def newer_package(package: Path, tmp_path_factory) -> Path:
    """The same programs as a later release would bring them: a higher version and another default accord.toml."""
    return repack.newer(package, tmp_path_factory.mktemp("newer"))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> certificate_files.Certificates:
    return certificate_files.make_all(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session", params=RELEASES)
def release(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def box(release: str) -> Iterator[Box]:
    """A plain Debian, booted."""
    with Box.booted(release) as box:
        yield box


@pytest.fixture(scope="session")
def receiver(release: str, certificates, tmp_path_factory) -> Iterator[Receiver]:
    """The supplier's receiver, on this machine's loopback, which is the box's too."""
    folder = tmp_path_factory.mktemp(f"receiver-{release}")
    with Receiver(folder, certificates.server.certificate, certificates.server.key) as receiver:
        yield receiver


@pytest.fixture(scope="session")
def installed(box: Box, package: Path) -> Administrator:
    """Accord is installed, and nothing else was done."""
    administrator = Administrator(box)
    administrator.install(package)
    administrator.wait_until_active()
    return administrator


@pytest.fixture(scope="session")
def agreed(installed: Administrator, receiver: Receiver, certificates) -> Administrator:
    """The supplier's offer is there, and the customer has accepted it by command."""
    installed.write_settings()
    installed.systemctl("restart", "accordd.service")
    installed.write_offer(receiver.url, certificates.ca)
    time.sleep(2)  # A half that is younger is read again with the next tick.
    installed.accord("consent", "accept", "--yes")
    return installed


@pytest.fixture
def sharing(agreed: Administrator) -> Administrator:
    """accordd runs, and something waits to be sent."""
    if not agreed.is_active():
        agreed.systemctl("start", "accordd.service")
        agreed.ticks()
    wait_for(agreed.batches, "a batch")
    return agreed
