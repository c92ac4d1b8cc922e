"""Certificates for tests and the demo: a private CA, a server on this machine, and the usual mistakes.

As a program:   certificates.py DIR          ca.pem, server.pem and server.key
                certificates.py DIR --all    the mistakes too: each NAME.pem with its NAME.key

Every certificate is an EC one and new on each call; the CA's own key is never written. The certificates carry
what RFC 5280 asks for (key usage, subject and authority key identifiers), because strict verifiers ask too.
"""

import argparse
import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Identity:
    """The files of one certificate and its private key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Certificates:
    """Everything under one folder. `server` is good, `ending` for three days more; the next three are issued by the same CA and are not. `client`
    is an appliance's; `other_client` and `proxy` come from the other CA."""

    ca: Path
    other_ca: Path
    server: Identity
    ending: Identity
    wrong_name: Identity
    expired: Identity
    not_yet_valid: Identity
    client: Identity
    other_client: Identity
    proxy: Identity


class Authority:
    """A certificate authority whose key lives as long as this object."""

    def __init__(self, directory: Path, name: str):
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _distinguished(f"Accord test authority {name}")
        now = datetime.now(timezone.utc)
        builder = _builder(self._name, self._name, self._key.public_key(), now - 365 * DAY, now + 365 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        self.certificate = directory / f"{name}.pem"
        _write_certificate(self.certificate, builder.sign(self._key, hashes.SHA256()))

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...] = LOOPBACK,
        begins: timedelta = -DAY,
        ends: timedelta = 30 * DAY,
    ) -> Identity:
        """Issues a certificate for `hosts`, for servers and clients alike, valid from now plus `begins` to now plus `ends`."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(timezone.utc)
        builder = _builder(_distinguished(hosts[0]), self._name, key.public_key(), now + begins, now + ends)
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        for extension, critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_key_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
            (x509.SubjectAlternativeName([_general_name(host) for host in hosts]), False),
            (authority_id, False),
        ):
            builder = builder.add_extension(extension, critical=critical)
        identity = Identity(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        _write_certificate(identity.certificate, builder.sign(self._key, hashes.SHA256()))
        _write_key(identity.key, key)
        return identity


def make_server(directory: Path) -> tuple[Path, Identity]:
    """Makes a CA and a good server certificate; returns the CA's file and the server's files."""
    authority = Authority(_made(directory), "ca")
    return authority.certificate, authority.issue("server")


def make_all(directory: Path) -> Certificates:
    """Makes the good ones and the mistakes."""
    authority = Authority(_made(directory), "ca")
    other = Authority(directory, "other-ca")
    return Certificates(
        ca=authority.certificate,
        other_ca=other.certificate,
        server=authority.issue("server"),
        ending=authority.issue("ending", ends=3 * DAY),
        wrong_name=authority.issue("wrong-name", hosts=("another.example",)),
        expired=authority.issue("expired", begins=-30 * DAY, ends=-DAY),
        not_yet_valid=authority.issue("not-yet-valid", begins=DAY, ends=30 * DAY),
        client=authority.issue("client", hosts=("appliance.example",)),
        other_client=other.issue("other-client", hosts=("appliance.example",)),
        proxy=other.issue("proxy"),
    )


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _builder(subject, issuer, public_key, begins, ends) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _distinguished(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)


def main() -> None:
    parser = argparse.ArgumentParser(description="make a private CA and server certificates for this machine")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--all", action="store_true", help="also make the wrong ones and an unrelated CA")
    arguments = parser.parse_args()
    (make_all if arguments.all else make_server)(arguments.directory)


if __name__ == "__main__":
    main()
