"""Fixtures of the program tests: an appliance, a supplier's receiver and certificates, all in temporary folders."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import certificates as certificate_files
import pytest
import wire
from appliance import Appliance, program
from receiver import Receiver


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> certificate_files.Certificates:
    """A private CA, a good server certificate and the wrong ones."""
    return certificate_files.make_all(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(tmp_path: Path, certificates) -> Iterator[Receiver]:
    """The supplier's receiver, listening on loopback with the good certificate. Whatever a test is about: all that it
    got was right to the byte."""
    with Receiver(tmp_path / "received", certificates.server.certificate, certificates.server.key) as receiver:
        yield receiver
    wire.check_all(receiver.directory)


@pytest.fixture
def bare_appliance(tmp_path: Path) -> Appliance:
    """An appliance as the package leaves it: no offer, no consent, all settings defaulted."""
    return Appliance(tmp_path)


@pytest.fixture
def appliance(bare_appliance: Appliance, receiver: Receiver, certificates) -> Appliance:
    """An appliance with quick settings and an offer of this receiver; consent is the test's business."""
    bare_appliance.write_settings()
    bare_appliance.write_offer(receiver.url, certificates.ca)
    return bare_appliance


@pytest.fixture
def sharing(appliance: Appliance) -> Appliance:
    """As above, and the customer shares both sources."""
    appliance.write_consent({"product": "share", "environment": "share"})
    return appliance


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """An empty folder for dumps."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    return folder


@pytest.fixture
def open_folder(monkeypatch) -> Iterator[Path]:
    """A folder that every user can reach, with the programs in it: pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="accord-test-"))
    folder.chmod(0o755)
    try:
        for name in ("accord", "accordd"):
            monkeypatch.setenv(name.upper(), shutil.copy(program(name), folder))
        yield folder
    finally:
        shutil.rmtree(folder)
