"""The two ways to a fleet, done for real: the example of an image builder, and the Ansible playbook on that image.

The image is not booted: that is what `Tests/InstallTests` does with a package. Ansible comes in by chroot instead of ssh.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import needs_root

ROOT = Path(__file__).resolve().parents[2]
FLEET = ROOT / "packaging/fleet"
CONSENT = ROOT / "etc/examples/consent.toml"

# Runs a command in a root file system, with the /proc that every appliance has, and which goes with the command.
ENTER = ["unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"']

# What Ansible takes for ssh: it knows one host, the folder in APPLIANCE, and runs the last argument there.
DOOR = f"""#!/bin/sh
for command; do :; done
exec {shlex.join(ENTER)} "$APPLIANCE" sh -c "$command"
"""


@pytest.fixture(scope="module")
def appliance(tmp_path_factory, accord, offer) -> Iterator[Path]:
    """The root file system that build-image makes."""
    folder = tmp_path_factory.mktemp("fleet")
    root = folder / "root"
    command = [FLEET / "build-image", root, CONSENT, accord.path, offer.path]
    # What the playbook needs on an appliance, and no more questions to the network.
    options = ["--format=directory", "--include=python3", "--quiet"]
    subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE)
    try:
        yield root
    finally:
        shutil.rmtree(root)


def inside(root: Path, *command: str) -> str:
    return subprocess.run([*ENTER, root, *command], stdout=subprocess.PIPE, text=True, check=True).stdout


def shown(root: Path, *paths: str) -> list[str]:
    """Mode, owner and path, as the appliance sees them."""
    return inside(root, "stat", "--format=%a %U:%G %n", *paths).splitlines()


@needs_root
@pytest.mark.timeout(600)
def test_an_image_has_both_halves_and_no_identity(appliance):
    assert shown(appliance, "/etc/accord/offer.toml", "/etc/accord/consent.toml", "/var/lib/accord") == [
        "644 root:root /etc/accord/offer.toml",
        "644 root:root /etc/accord/consent.toml",
        "750 accord:accord /var/lib/accord",
    ]
    assert (appliance / "etc/accord/consent.toml").read_bytes() == CONSENT.read_bytes()
    assert "in order: product, environment shared" in inside(appliance, "accord", "consent", "check")
    assert (appliance / "etc/machine-id").read_bytes() == b""
    state = appliance / "var/lib/accord"
    assert [path for path in state.rglob("*") if path.is_file()] == [], "accordd ran in the image"
    assert not (appliance / "packages").exists()


@pytest.fixture
def playbook(tmp_path: Path, appliance, accord, offer):
    """A function that runs the playbook on the appliance, and says how many tasks changed something."""
    door = tmp_path / "door"
    door.write_text(DOOR)
    door.chmod(0o755)
    inventory = tmp_path / "inventory"
    inventory.write_text(
        f"appliance ansible_connection=ssh ansible_ssh_executable={door} ansible_ssh_transfer_method=piped "
        "ansible_ssh_args='' ansible_python_interpreter=/usr/bin/python3 ansible_remote_tmp=/tmp/.ansible\n"
    )
    environment = {**os.environ, "APPLIANCE": str(appliance), "ANSIBLE_NOCOLOR": "1", "HOME": str(tmp_path)}
    ansible = Path(sys.executable).parent / "ansible-playbook"

    def run(**variables: str | list[str]) -> subprocess.CompletedProcess:
        words = [word for name, value in variables.items() for word in ("--extra-vars", f'{{"{name}": {value}}}')]
        command = [ansible, "--inventory", inventory, "--extra-vars", "ansible_become=false", *words]
        return subprocess.run([*command, FLEET / "ansible/accord.yml"], env=environment, capture_output=True, text=True)

    return run


def changes(done: subprocess.CompletedProcess) -> int:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return int(done.stdout.rpartition("changed=")[2].split()[0])


@needs_root
@pytest.mark.timeout(600)
def test_the_playbook_installs_and_keeps_what_was_agreed(appliance, playbook, accord, offer, tmp_path):
    inside(appliance, "dpkg", "--purge", "accord-offer-example", "accord")
    assert not (appliance / "etc/accord").exists()
    consent = tmp_path / "consent.toml"
    consent.write_text(CONSENT.read_text())
    consent.chmod(0o600)
    given = {
        "accord_consent_file": f'"{consent}"',
        "accord_packages": f'["{accord.path}", "{offer.path}"]',
    }
    assert changes(playbook(**given)) > 0
    assert changes(playbook(**given)) == 0, "a second run changes something"
    assert shown(appliance, "/etc/accord/consent.toml") == ["644 root:root /etc/accord/consent.toml"]
    assert "in order: product, environment shared" in inside(appliance, "accord", "consent", "check")

    # A consent that cannot be read stays outside.
    consent.write_text(CONSENT.read_text().replace('"share"', '"shared"'))
    refused = playbook(**given)
    assert refused.returncode != 0 and "shared" in refused.stdout
    assert (appliance / "etc/accord/consent.toml").read_bytes() == CONSENT.read_bytes()

    # One that says less takes its place.
    consent.write_text(CONSENT.read_text().replace('environment = "share"', 'environment = "deny"'))
    assert changes(playbook(**given)) > 0
    assert (appliance / "etc/accord/consent.toml").read_bytes() == consent.read_bytes()


@needs_root
@pytest.mark.timeout(600)
def test_the_playbook_does_nothing_without_a_consent(playbook):
    refused = playbook()
    assert refused.returncode != 0 and "accord_consent_file is not set" in refused.stdout
