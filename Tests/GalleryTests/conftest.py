"""Where the sick machines of the gallery are made: a folder for each, certificates and receivers for all."""

from pathlib import Path

import certificates as certificate_files
import pytest
from situations import Ward


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> certificate_files.Certificates:
    """A private CA and a server's certificate."""
    return certificate_files.make_all(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def ward(tmp_path: Path, certificates, monkeypatch) -> Ward:
    """What a situation is made of."""
    return Ward(tmp_path, certificates, monkeypatch)
