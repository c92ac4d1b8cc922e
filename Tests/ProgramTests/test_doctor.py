"""`accord doctor`: every layer failing for real, the first of them named, and silence without an agreement."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from appliance import run
from proxy import Proxy
from receiver import Receiver

LOCAL = ["settings", "ownership", "units", "clock", "disk", "offer", "agreement"]
LAYERS = [*LOCAL, "DNS", "proxy", "TCP", "TLS", "HTTP", "authentication"]
# Below a prefix there are no units, and what is wrong with these does not end the way.
GO_ON = {"units": ("not tried",), "clock": ("ok", "warning"), "offer": ("ok", "warning")}


def settings(appliance, **upload) -> None:
    appliance.write_settings(upload=upload)


def states(result) -> dict[str, str]:
    layers = result.json[0]["layers"]
    assert [layer["layer"] for layer in layers] == LAYERS
    return {layer["layer"]: layer["state"] for layer in layers}


def check(appliance, failing: str, *words: str, code: int = 1, flags: tuple[str, ...] = ()) -> dict:
    """Everything before the failing layer is in order, nothing after it is tried, and its text has the words."""
    result = appliance.accord("doctor", *flags)
    found = states(result)
    position = LAYERS.index(failing)
    for layer in LAYERS[:position]:
        assert found[layer] in GO_ON.get(layer, ("ok",)), f"{layer} {found[layer]}"
    assert found[failing] == "failed"
    assert {found[layer] for layer in LAYERS[position + 1 :]} <= {"not tried"}
    layer = result.json[0]["layers"][position]
    for word in words:
        assert word in layer["text"], layer["text"]
    assert (result.code, result.err) == (code, "")
    said = appliance.accord("doctor", *flags, json=False)
    assert said.code == code and layer["text"] in said.out
    return layer


def fingerprints(folder: Path) -> dict[str, tuple]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.endswith("-shm"))
    return {
        str(file): (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files
    }


def test_a_spool_that_cannot_be_read_is_the_layer_that_fails(sharing, receiver):
    sharing.record()
    sharing.database("spool").write_bytes(os.urandom(20_000))
    result = sharing.accord("doctor")
    (disk,) = [layer for layer in result.json[0]["layers"] if layer["layer"] == "disk"]
    assert result.code == 1 and disk["state"] == "failed"
    assert disk["text"].endswith("spool.db is damaged or no database; accordd sets it aside and begins anew")
    assert sharing.accord("upload").code == 1


def test_a_consent_without_an_offer_is_no_offer_in_order(sharing, receiver):
    (sharing.etc / "offer.toml").unlink()
    result = sharing.accord("doctor")
    assert result.code == 4 and states(result)["offer"] == "warning"


@pytest.mark.parametrize("consent", [None, "local", "share"])
def test_an_offer_with_a_mistake_is_told_with_its_line(appliance, consent):
    if consent:
        appliance.write_consent({"environment": consent})
    appliance.write("offer.toml", "schema = 1\nfoo\n")
    (offer,) = [layer for layer in appliance.accord("doctor").json[0]["layers"] if layer["layer"] == "offer"]
    assert offer["state"] == "warning" and "offer.toml:2:" in offer["text"], offer


def test_a_certificate_that_is_a_pipe_keeps_nobody_waiting(sharing, receiver):
    os.mkfifo(sharing.etc / "client.pem")
    settings(sharing, client_cert="client.pem", client_key="client.pem")
    assert sharing.accord("doctor").code == 1


def test_when_all_is_well_every_layer_says_so_and_nothing_is_changed(sharing, receiver):
    sharing.record()
    before = fingerprints(sharing.prefix)
    result = sharing.accord("doctor")
    found = states(result)
    assert found.pop("clock") in ("ok", "warning") and found.pop("units") == "not tried"
    assert set(found.values()) == {"ok"}
    assert (result.code, result.err) == (0, "")
    (certificate,) = result.json[0]["layers"][LAYERS.index("TLS")]["certificates"]
    assert certificate["subject"] == "CN = localhost" and certificate["issuer"] == "CN = Accord test authority ca"
    assert certificate["not_after"].endswith("Z")
    # One request without readings, and nothing else.
    assert [(r["path"], r["headers"]["content-length"]) for r in receiver.requests] == [("/v1/metrics", "0")]
    assert fingerprints(sharing.prefix) == before
    text = sharing.accord("doctor", json=False)
    assert text.code == 0 and "TLSv1.3, verified" in text.out and "HTTP 200: an OTLP receiver" in text.out
    assert "CN = localhost, issued by CN = Accord test authority ca, until 20" in text.out


def test_without_an_agreement_nobody_is_contacted_unless_a_person_asks_for_it(appliance, receiver):
    check(appliance, "agreement", "there is no consent at ", "nobody is contacted", code=4)
    appliance.write_consent({"product": "share"}, accepts=1)
    check(appliance, "agreement", "; nobody is contacted", code=4)
    appliance.write_consent({"product": "local"})
    result = appliance.accord("doctor")
    assert result.code == 0 and states(result)["agreement"] == "warning" and states(result)["DNS"] == "not tried"
    assert "no source is shared; nobody is contacted" in result.json[0]["layers"][LAYERS.index("agreement")]["text"]
    assert receiver.connections == 0
    (appliance.etc / "consent.toml").unlink()
    result = appliance.accord("doctor", "--without-agreement")
    assert result.code == 4 and states(result)["authentication"] == "ok" and len(receiver.requests) == 1
    (appliance.etc / "offer.toml").unlink()
    check(appliance, "agreement", "nobody is contacted", code=4, flags=("--without-agreement",))


def test_without_an_agreement_no_name_is_looked_up(appliance, tmp_path):
    """Seen in the calls of the process: neither a resolver's file is read nor a socket made."""
    if not shutil.which("strace") or run(["strace", "-o", str(tmp_path / "true"), "true"]).code != 0:
        pytest.skip("strace cannot be used here")
    appliance.write_offer("https://telemetry.invalid:4318")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=socket,connect,openat", *appliance.command("accord", "doctor")]
    assert run(command).code == 4
    assert "socket(" not in trace.read_text() and "resolv.conf" not in trace.read_text()


def test_a_bad_setting(sharing, receiver):
    sharing.write("accord.toml", '[upload]\nrate = "fast"\n')
    check(sharing, "settings", "accord.toml:2:8: 'rate' is no size in a second; expected")
    sharing.write("headers", "Host: x\n").chmod(0o600)
    settings(sharing, headers_file="headers")
    check(sharing, "settings", "headers:1:1: the header Host is set by the client; expected")
    assert receiver.connections == 0


def test_a_key_that_others_can_read(sharing, receiver, certificates):
    for name, path in (("client.pem", certificates.client.certificate), ("client.key", certificates.client.key)):
        shutil.copy(path, sharing.etc / name)
        (sharing.etc / name).chmod(0o644)
    settings(sharing, client_cert="client.pem", client_key="client.key")
    check(sharing, "ownership", "client.key: its mode is 644", "chmod o= ")
    assert receiver.connections == 0


def test_a_name_that_has_no_address(sharing, certificates):
    # A label of more than 63 characters has no address, and nobody is asked for it.
    name = "a" * 64 + ".invalid"
    sharing.write_offer(f"https://{name}:4318", certificates.ca)
    check(sharing, "DNS", f"The host of {name}:4318 has no address", "check its spelling and the DNS settings")
    settings(sharing, proxy=f"http://{name}:3128")
    check(sharing, "DNS", f"The host of the proxy {name}:3128 has no address")


@pytest.mark.parametrize(
    ("status", "layer", "words"),
    [
        (403, "proxy", "does not let this appliance through (HTTP 403)"),
        (407, "proxy", "wants another user and password (HTTP 407): check 'proxy'"),
        (503, "TCP", "cannot reach the receiver (HTTP 503)"),
    ],
)
def test_a_proxy_that_refuses(sharing, receiver, status, layer, words):
    with Proxy(status=status) as proxy:
        settings(sharing, proxy=proxy.url)
        check(sharing, layer, f"The proxy {proxy.address} {words}")
    assert receiver.connections == 0
    settings(sharing, proxy=proxy.url)
    check(sharing, "proxy", f"Nothing accepts connections at the proxy {proxy.address}")


def test_a_proxy_that_opens_the_way(sharing, receiver):
    with Proxy() as proxy:
        settings(sharing, proxy=proxy.url)
        result = sharing.accord("doctor")
        assert result.code == 0 and states(result)["proxy"] == "ok" and len(receiver.requests) == 1
        assert all(head.startswith("CONNECT ") for head in proxy.heads)


def test_a_port_at_which_nobody_listens(sharing, receiver):
    receiver.stop()
    check(sharing, "TCP", "Nothing accepts connections at localhost:", "(Connection refused)", "check the port")


def test_an_authority_that_did_not_issue_the_certificate(sharing, receiver, certificates):
    sharing.write_offer(receiver.url, certificates.other_ca)
    layer = check(sharing, "TLS", "is not from a trusted authority", "check the CA file", "it showed, unverified:")
    assert [certificate["issuer"] for certificate in layer["certificates"]] == ["CN = Accord test authority ca"]
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ("expired", "has expired: have it renewed, or check this machine's clock"),
        ("not_yet_valid", "is not valid yet: check this machine's clock"),
        ("wrong_name", "is for another name"),
    ],
)
def test_a_wrong_certificate_is_shown(sharing, tmp_path, certificates, mistake, words):
    identity = getattr(certificates, mistake)
    with Receiver(tmp_path / "impostor", identity.certificate, identity.key) as impostor:
        sharing.write_offer(impostor.url, certificates.ca)
        layer = check(sharing, "TLS", words)
        assert len(layer["certificates"]) == 1 and impostor.requests == []


def test_a_certificate_that_ends_soon_is_worth_a_word(sharing, tmp_path, certificates):
    identity = certificates.ending
    with Receiver(tmp_path / "ending", identity.certificate, identity.key) as receiver:
        sharing.write_offer(receiver.url, certificates.ca)
        result = sharing.accord("doctor")
        assert result.code == 0 and states(result)["TLS"] == "warning" and states(result)["HTTP"] == "ok"


def test_an_address_without_a_receiver(sharing, receiver):
    for _ in range(2):
        receiver.answer_next(404)
    check(sharing, "HTTP", "HTTP 404: there is no OTLP receiver at this address; check 'endpoint' in the offer")


def test_credentials_that_are_not_accepted(sharing, receiver):
    for _ in range(2):
        receiver.answer_next(401)
    check(sharing, "authentication", "HTTP 401: the receiver does not let this appliance in; check the credentials")


def test_a_client_certificate_that_is_missing(sharing, tmp_path, certificates):
    server = certificates.server
    with Receiver(tmp_path / "mutual", server.certificate, server.key, client_ca=certificates.ca) as receiver:
        sharing.write_offer(receiver.url, certificates.ca)
        result = sharing.accord("doctor")
        found = states(result)
        assert result.code == 1 and receiver.requests == []
        assert (found["TLS"], found["HTTP"], found["authentication"]) == ("ok", "not tried", "failed")
        assert "The client certificate is refused by localhost" in result.json[0]["layers"][-1]["text"]
