"""Fixtures of the packaging tests: the packages that `packaging/build-deb` made.

Only when ACCORD_PACKAGES names their folder, as `make test-packaging` does: they need debhelper, lintian and a minute.
"""

import os
from pathlib import Path

import pytest
from debian_package import DebianPackage

if "ACCORD_PACKAGES" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

ROOT = Path(__file__).resolve().parents[2]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make users and change roots")


@pytest.fixture(scope="session")
def dist() -> Path:
    """The folder with everything that build-deb made."""
    return (ROOT / os.environ["ACCORD_PACKAGES"]).resolve()


def only_package(dist: Path, pattern: str) -> DebianPackage:
    (path,) = dist.glob(pattern)
    return DebianPackage(path)


@pytest.fixture(scope="session")
def accord(dist) -> DebianPackage:
    return only_package(dist, "accord_*.deb")


@pytest.fixture(scope="session")
def symbols(dist) -> DebianPackage:
    return only_package(dist, "accord-dbgsym_*.deb")


@pytest.fixture(scope="session")
def offer(dist) -> DebianPackage:
    """The example of a supplier's package."""
    return only_package(dist, "accord-offer-example_*.deb")
