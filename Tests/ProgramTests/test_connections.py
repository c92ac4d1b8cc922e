"""How the receiver is reached: client certificate, headers, a further authority, a proxy, IPv6, a slow line."""

import os
import shutil
import time
from pathlib import Path

import pytest
from appliance import needs_root, run
from proxy import Proxy
from receiver import Receiver
from servers import Nginx, rotel

TOKEN = "a-token-nobody-must-see"
PASSWORD = "a-password-nobody-must-see"


def install(appliance, path: Path, name: str, mode: int = 0o640) -> str:
    """Copies a file to etc/accord as an administrator would."""
    shutil.copy(path, appliance.etc / name)
    (appliance.etc / name).chmod(mode)
    return name


def settings(appliance, mode: int = 0o640, **upload) -> None:
    appliance.write_settings(upload=upload).chmod(mode)


@pytest.fixture
def mutual(sharing, tmp_path, certificates):
    """A receiver that wants a client certificate, and an appliance with something to send."""
    server = certificates.server
    with Receiver(tmp_path / "mutual", server.certificate, server.key, client_ca=certificates.ca) as receiver:
        sharing.write_offer(receiver.url, certificates.ca)
        sharing.record()
        yield receiver


def test_a_receiver_that_asks_is_shown_the_client_certificate(sharing, mutual, certificates):
    certificate = install(sharing, certificates.client.certificate, "client.pem", 0o644)
    key = install(sharing, certificates.client.key, "client.key")
    settings(sharing, client_cert=certificate, client_key=str(sharing.etc / key))
    assert sharing.accord("upload").code == 0 and sharing.batches() == []
    status = sharing.accord("status")
    assert status.json[0]["identified_by"] == ["client certificate"]
    text = sharing.accord("status", json=False).out
    assert "the receiver can also tell this appliance by its client certificate" in text


@pytest.mark.parametrize("which", [None, "other_client"], ids=["none", "of another authority"])
def test_without_the_right_client_certificate_everything_stays(sharing, mutual, certificates, which):
    if which:
        identity = getattr(certificates, which)
        certificate = install(sharing, identity.certificate, "client.pem", 0o644)
        settings(sharing, client_cert=certificate, client_key=install(sharing, identity.key, "client.key"))
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and "The client certificate is refused by localhost:" in result.err
    assert "check 'client_cert'" in result.err
    assert mutual.requests == [] and len(sharing.batches()) == 2


def test_nginx_lets_the_client_certificate_in_and_says_400_without_one(sharing, tmp_path, certificates):
    with rotel(tmp_path / "rotel.log") as port:
        nginx = Nginx(tmp_path / "nginx", certificates, port)
        with nginx.running():
            sharing.write_offer(nginx.url, certificates.ca)
            sharing.record()
            result = sharing.accord("upload", json=False)
            assert result.code == 1 and "HTTP 400, but not in the protocol (text/html)" in result.err
            assert "or a client certificate is wanted" in result.err and len(sharing.batches()) == 2
            doctor = sharing.accord("doctor", json=False)
            assert doctor.code == 1 and "or a client certificate is wanted" in doctor.out
            certificate = install(sharing, certificates.client.certificate, "client.pem", 0o644)
            settings(sharing, client_cert=certificate, client_key=install(sharing, certificates.client.key, "client.key"))
            assert sharing.accord("upload").code == 0 and sharing.batches() == []
            assert "accepted with the client certificate" in sharing.accord("doctor", json=False).out
            verdicts = {(passed.status, passed.verdict) for passed in nginx.passed()}
            assert verdicts == {(400, "NONE"), (200, "SUCCESS")}


def test_headers_go_with_every_request_and_are_seen_nowhere_else(sharing, receiver):
    headers = sharing.write("headers", f"# a vendor's own\nAuthorization: Bearer {TOKEN}\nX-Scope-OrgID: site 7\n")
    headers.chmod(0o600)
    settings(sharing, headers_file="headers")
    sharing.record()
    outputs = [sharing.accord("upload").out, sharing.accord("status").out, sharing.accord("status", json=False).out]
    assert len(receiver.requests) >= 3
    for request in receiver.requests:
        assert request["headers"]["authorization"] == f"Bearer {TOKEN}"
        assert request["headers"]["x-scope-orgid"] == "site 7"
    assert TOKEN not in "".join(outputs) and TOKEN.encode() not in sharing.bytes_of_state()
    assert sharing.accord("status").json[0]["identified_by"] == ["headers of headers_file"]


# What is wrong with a file of [upload], and what is said about it; FILE is its path.
WRONG_FILES = {
    "a key that everybody can read": (
        "client.key",
        lambda etc: (etc / "client.key").chmod(0o644),
        "FILE: its mode is 644, so everybody can read what is secret in it; expected a file that only its owner and its "
        "group can read: chmod o= FILE",
    ),
    "headers that everybody can read": (
        "headers",
        lambda etc: (etc / "headers").chmod(0o604),
        "FILE: its mode is 604, so everybody can read what is secret in it; ",
    ),
    "headers that a group can write": (
        "headers",
        lambda etc: (etc / "headers").chmod(0o660),
        "FILE: its mode is 660, so others can write it; ",
    ),
    "a header of the client's own": (
        "headers",
        lambda etc: (etc / "headers").write_text(f"X-A: 1\nHost: {TOKEN}\n"),
        "FILE:2:1: the header Host is set by the client; expected 'Name: value', a comment or a blank line",
    ),
    "a missing certificate": (
        "client.pem",
        lambda etc: (etc / "client.pem").unlink(),
        "FILE: there is no such file; expected the file that ",
    ),
    "an authority that others can write": (
        "site-ca.pem",
        lambda etc: (etc / "site-ca.pem").chmod(0o666),
        "FILE: its mode is 666, so others can write it; ",
    ),
    "an authority that is none": (
        "site-ca.pem",
        lambda etc: (etc / "site-ca.pem").write_text("none\n"),
        "FILE: there is no certificate in it; expected PEM",
    ),
    "settings with a password that everybody can read": (
        "accord.toml",
        lambda etc: (etc / "accord.toml").chmod(0o644),
        "FILE: its mode is 644, so everybody can read what is secret in it; ",
    ),
    "settings that others can write": (
        "accord.toml",
        lambda etc: (etc / "accord.toml").chmod(0o662),
        "FILE: its mode is 662, so others can write it; ",
    ),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_found_before_anybody_is_contacted(sharing, receiver, certificates, name):
    install(sharing, certificates.client.certificate, "client.pem")
    install(sharing, certificates.client.key, "client.key")
    install(sharing, certificates.other_ca, "site-ca.pem")
    sharing.write("headers", f"Authorization: Basic {TOKEN}\n").chmod(0o640)
    files = {"client_cert": "client.pem", "client_key": "client.key", "headers_file": "headers"}
    with Proxy(credentials=f"user:{PASSWORD}") as proxy:
        url = proxy.url.replace("://", f"://user:{PASSWORD}@")
        settings(sharing, **files, extra_ca="site-ca.pem", proxy=url)
        sharing.record()
        file, spoil, words = WRONG_FILES[name]
        spoil(sharing.etc)
        result = sharing.accord("upload", json=False)
        assert result.code == 1 and result.out == "" and proxy.heads == [] and receiver.connections == 0
        assert result.err.startswith("accord: " + words.replace("FILE", str(sharing.etc / file)))
        assert TOKEN not in result.err and PASSWORD not in result.err
        # All in order again, it goes.
        install(sharing, certificates.client.certificate, "client.pem")
        install(sharing, certificates.client.key, "client.key")
        install(sharing, certificates.other_ca, "site-ca.pem")
        sharing.write("headers", f"Authorization: Basic {TOKEN}\n").chmod(0o640)
        (sharing.etc / "accord.toml").chmod(0o640)
        assert sharing.accord("upload").code == 0


def test_settings_that_are_wrong_are_refused_before_anybody_is_contacted(sharing, receiver):
    sharing.record()
    sharing.write("accord.toml", f'[upload]\nproxy = "http://user:{PASSWORD}@proxy.example"\n')
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and ":2:9: 'proxy' is no address of a proxy; expected for example" in result.err
    assert PASSWORD not in result.err and receiver.connections == 0


def test_a_further_authority_is_trusted_beside_that_of_the_offer(sharing, tmp_path, certificates):
    """As behind a proxy that opens TLS: the certificate comes from the site's own authority."""
    settings(sharing, extra_ca=install(sharing, certificates.other_ca, "site-ca.pem"))
    for number, identity in enumerate([certificates.proxy, certificates.server]):
        with Receiver(tmp_path / str(number), identity.certificate, identity.key) as receiver:
            sharing.agree_anew(3 + number, receiver.url, certificates.ca)
            sharing.record()
            assert sharing.accord("upload").code == 0 and receiver.requests != []


@needs_root
def test_a_further_authority_is_trusted_beside_the_systems(sharing, tmp_path, certificates):
    """With a store of the system in a mount namespace of the command's own."""
    store = tmp_path / "certs"
    store.mkdir()
    shutil.copy(certificates.ca, store / "ca-certificates.crt")
    shutil.copy(certificates.ca, store / "ca.pem")
    assert run(["openssl", "rehash", str(store)]).code == 0
    script = 'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"'
    settings(sharing, extra_ca=install(sharing, certificates.other_ca, "site-ca.pem"))
    for number, identity in enumerate([certificates.proxy, certificates.server]):
        with Receiver(tmp_path / str(number), identity.certificate, identity.key) as receiver:
            sharing.agree_anew(3 + number, receiver.url)
            sharing.record()
            command = ["unshare", "-m", "sh", "-c", script, "sh", str(store), *sharing.command("accord", "upload")]
            result = run(command)
            assert (result.code, result.err) == (0, "") and receiver.requests != []
            if identity is certificates.proxy:
                settings(sharing)
                sharing.record()
                assert run(command).code == 1, "only the further authority vouches for this one"
                settings(sharing, extra_ca="site-ca.pem")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_proxy_with_a_password_carries_everything_and_sees_no_header(sharing, receiver, certificates, tls, monkeypatch):
    # The environment has no say, neither in which proxy nor in whether there is one.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "*")
    sharing.write("headers", f"Authorization: Bearer {TOKEN}\n").chmod(0o600)
    install(sharing, certificates.other_ca, "site-ca.pem")
    with Proxy(credentials=f"user:{PASSWORD}", identity=certificates.proxy if tls else None) as proxy:
        url = proxy.url.replace("://", f"://user:{PASSWORD}@")
        settings(sharing, proxy=url, headers_file="headers", extra_ca="site-ca.pem")
        sharing.record()
        result = sharing.accord("upload")
        assert (result.code, result.err) == (0, "") and sharing.batches() == []
        # One tunnel for the whole run.
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT {receiver.url.removeprefix('https://')} HTTP/1.1") and TOKEN not in head
        assert receiver.requests[0]["headers"]["authorization"] == f"Bearer {TOKEN}"
        said = result.out + sharing.accord("status").out + sharing.accord("status", json=False).out
        assert PASSWORD not in said and PASSWORD.encode() not in sharing.bytes_of_state()


def test_a_proxy_over_tls_that_nobody_vouches_for_gets_no_password(sharing, receiver, certificates):
    with Proxy(credentials=f"user:{PASSWORD}", identity=certificates.proxy) as proxy:
        settings(sharing, proxy=proxy.url.replace("://", f"://user:{PASSWORD}@"))
        sharing.record()
        result = sharing.accord("upload", json=False)
        assert result.code == 1 and f"The certificate of the proxy {proxy.address} is not from a trusted" in result.err
        assert proxy.heads == [] and receiver.connections == 0


PROXY_REFUSALS = [
    ({"credentials": "user:another"}, "wants another user and password (HTTP 407): check 'proxy'"),
    ({"status": 403}, "does not let this appliance through (HTTP 403): have the endpoint allowed there"),
    ({"status": 502}, "cannot reach the receiver (HTTP 502): check the endpoint, or try again later"),
]


@pytest.mark.parametrize(("how", "words"), PROXY_REFUSALS, ids=["407", "403", "502"])
def test_a_proxy_that_refuses_is_named_and_everything_stays(sharing, receiver, how, words):
    with Proxy(**how) as proxy:
        settings(sharing, proxy=proxy.url.replace("://", f"://user:{PASSWORD}@"))
        sharing.record()
        result = sharing.accord("upload", json=False)
        assert result.code == 1 and f"The proxy {proxy.address} {words}" in result.err
        assert PASSWORD not in result.err and receiver.connections == 0 and len(sharing.batches()) == 2
        assert words in sharing.accord("status").json[0]["last_upload"]["failure"]
        assert PASSWORD.encode() not in sharing.bytes_of_state()


def test_a_proxy_that_is_not_there_is_told_from_a_receiver_that_is_not(sharing):
    with Proxy() as proxy:
        pass
    settings(sharing, proxy=proxy.url)
    sharing.record()
    result = sharing.accord("upload", json=False)
    assert result.code == 1 and f"Nothing accepts connections at the proxy {proxy.address}" in result.err


def test_a_receiver_at_an_address_of_ipv6(sharing, tmp_path, certificates):
    server = certificates.server
    with Receiver(tmp_path / "v6", server.certificate, server.key, host="[::1]") as receiver:
        sharing.write_offer(receiver.url, certificates.ca)
        sharing.record()
        assert "https://[::1]:" in receiver.url
        assert sharing.accord("upload").code == 0 and sharing.batches() == []
