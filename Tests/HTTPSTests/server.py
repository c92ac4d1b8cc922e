"""A TLS server with faults, for the tests of the HTTPS module.

    server.py KIND [TLS]

KIND is the server's certificate, `valid`, `wrong-name`, `expired` or `not-yet-valid`, or a server
that does not use one: `plain` (HTTP, no TLS) or `silent` (accepts connections and says nothing).
`mutual` has a valid one and wants one from the client as well: client.pem and client.key, beside the
CA file, are good; own.pem was issued by nobody else; locked.key is client.key behind a passphrase.
The file `seen` there gets a line for each client that has shown one, and one for each request.
`ipv6` is `valid` at [::1]. TLS is the only version offered: 1.1, 1.2 or 1.3.

Prints "PORT CA-FILE" once it listens on 127.0.0.1, and ends when its standard input ends. What it
does with a request depends on the request's path: see `answer`. Nothing here waits for a time to
pass: a server that does not answer waits until the client hangs up.
"""

import os
import socket
import ssl
import subprocess
import struct
import sys
import tempfile
import threading
import warnings

VALIDITY = {
    "expired": ("20200101000000Z", "20200201000000Z"),
    "not-yet-valid": ("21000101000000Z", "21010101000000Z"),
}

CONFIGURATION = """
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = anything
rand_serial = yes
x509_extensions = leaf
[anything]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
"""

# For a client: with this as its OPENSSL_CONF, OpenSSL itself would speak TLS 1.0.
LAX_CONFIGURATION = """
openssl_conf = lax
[lax]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificates(folder, kind):
    """Makes ca.pem, leaf.pem and leaf.key, and lax.cnf for clients."""
    names = "DNS:other.example" if kind == "wrong-name" else "DNS:localhost,IP:127.0.0.1,IP:::1"
    start, end = VALIDITY.get(kind, ("20200101000000Z", "21000101000000Z"))
    with open(os.path.join(folder, "ca.cnf"), "w") as file:
        file.write(CONFIGURATION.format(names=names))
    with open(os.path.join(folder, "lax.cnf"), "w") as file:
        file.write(LAX_CONFIGURATION)
    open(os.path.join(folder, "index.txt"), "w").close()
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *key, "-days", "30", "-subj", "/CN=Test authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *key, "-subj", "/CN=leaf", "-keyout", "leaf.key", "-out", "leaf.csr")
    openssl(folder, "ca", "-config", "ca.cnf", "-batch", "-notext",
            "-cert", "ca.pem", "-keyfile", "ca.key", "-startdate", start, "-enddate", end,
            "-in", "leaf.csr", "-out", "leaf.pem")
    if kind == "mutual":
        openssl(folder, "req", *key, "-subj", "/CN=client", "-keyout", "client.key", "-out", "client.csr")
        openssl(folder, "ca", "-config", "ca.cnf", "-batch", "-notext", "-cert", "ca.pem",
                "-keyfile", "ca.key", "-days", "30", "-in", "client.csr", "-out", "client.pem")
        openssl(folder, "pkcs8", "-topk8", "-in", "client.key", "-passout", "pass:x", "-out", "locked.key")
        openssl(folder, "req", "-x509", "-key", "client.key", "-subj", "/CN=client", "-out", "own.pem")


def make_context(folder, kind, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "leaf.pem"), os.path.join(folder, "leaf.key"))
    if kind == "mutual":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(os.path.join(folder, "ca.pem"))
    if version:
        # Old versions are offered only at OpenSSL's security level 0.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
        context.maximum_version = context.minimum_version
    return context


def reply(stream, status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    stream.write("\r\n".join(lines).encode() + body)
    stream.flush()


# The paths of the requests that were answered with a RST.
resets = []


def reset(connection):
    """Closes with a RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(path, head, body, stream, number):
    """Answers one request; false ends the connection."""
    name, _, argument = path.partition("?")[0][1:].partition("/")
    if name == "head":  # What was asked, as it came.
        reply(stream, "200 OK", head)
    elif name in ("mirror", "reset-once"):
        reply(stream, "200 OK", body, "Content-Type: application/x-protobuf")
    elif name == "connection":  # How many connections there were so far, this one included.
        reply(stream, "200 OK", str(number).encode())
    elif name == "status":
        reply(stream, f"{argument} Whatever", b"", "Location: /mirror", "Retry-After: 120",
              "Date: Tue, 14 Nov 2023 22:13:20 GMT")
    elif name == "odd":
        reply(stream, "200 OK", b"", "Date: yesterday")
    elif name == "drop":  # Answers as if it went on, and hangs up.
        reply(stream, "200 OK", str(number).encode())
        return False
    elif name == "close":
        return False
    elif name == "hang":
        stream.read(1)
    elif name in ("half", "half-close"):
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + 50 * b"x")
        stream.flush()
        if name == "half":
            stream.read(1)
        return False
    else:
        reply(stream, "404 Not Found")
    return True


def note(line, folder):
    with open(os.path.join(folder, "seen"), "a") as file:
        file.write(line + "\n")


def serve(connection, context, number, folder):
    try:
        connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            connection.do_handshake()
        except ssl.SSLError:
            # A close with something unread would be a RST, which may overtake the alert that says why.
            while socket.socket.recv(connection, 65536):
                pass
            raise
        if connection.getpeercert():
            note("client", folder)
        with connection, connection.makefile("rwb") as stream:
            while head := b"".join(iter(stream.readline, b"\r\n")):
                note(head.splitlines()[0].decode(), folder)
                path = head.split()[1].decode()
                if path == "/reset" or path == "/reset-once" and not resets:
                    resets.append(path)
                    return reset(connection)
                lines = [line.partition(b":") for line in head.splitlines()[1:]]
                headers = {name.lower(): value.strip() for name, _, value in lines}
                body = stream.read(int(headers.get(b"content-length", 0)))
                if not answer(path, head, body, stream, number):
                    return
    except OSError:
        pass  # The client hung up or refused the certificate, as it should.


def accept(listener, context, folder):
    number = 0
    while True:
        connection, _ = listener.accept()
        number += 1
        if context:
            threading.Thread(target=serve, args=(connection, context, number, folder), daemon=True).start()
        else:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.close()


def main(kind, version=None):
    warnings.simplefilter("ignore", DeprecationWarning)
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(
            ("::1" if kind == "ipv6" else "127.0.0.1", 0),
            family=socket.AF_INET6 if kind == "ipv6" else socket.AF_INET) as listener,
    ):
        make_certificates(folder, kind)
        context = None if kind == "plain" else make_context(folder, kind, version)
        if kind != "silent":
            threading.Thread(target=accept, args=(listener, context, folder), daemon=True).start()
        print(listener.getsockname()[1], os.path.join(folder, "ca.pem"), flush=True)
        sys.stdin.read()


main(*sys.argv[1:])
