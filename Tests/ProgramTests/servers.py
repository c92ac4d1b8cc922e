"""Servers that others wrote, each for the length of a `with`, on loopback and in a folder of its own.

Rotel is an OTLP collector in Rust (https://rotel.dev); its debug log prints what it understood. nginx stands in front
of it as it does at many suppliers: it ends TLS, and asks for a certificate of the client.
"""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certificates import Certificates

START_SECONDS_MAX = 30

# packaging/set-up puts it there.
NGINX = Path(sys.prefix) / "bin/nginx"


def free_port() -> int:
    """A port of the loopback interface that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Runs a server, from the moment when it listens; its output goes to the log."""
    with open(log, "w") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not listens(port):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen:\n{log.read_text()}"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS_MAX)


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def rotel(log: Path) -> Iterator[int]:
    """The collector; gives its port. All that it printed is in the log when it has ended."""
    program = Path(importlib.util.find_spec("rotel").origin).with_name("rotel-agent")
    http, grpc = free_port(), free_port()
    command = [program, "start", "--exporter", "blackhole", "--log-file", log.with_name("rotel-agent.log")]
    command += ["--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"]
    command += ["--debug-log", "metrics", "--debug-log", "logs", "--debug-log-verbosity", "detailed"]
    with running([str(word) for word in command], http, log):
        yield http


NGINX_CONF = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  log_format client '$status|$ssl_client_verify|$ssl_protocol|$connection|$request_uri';
  access_log {folder}/access.log client;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_client_certificate {client_ca};
    ssl_verify_client on;
    location / {{ proxy_pass http://127.0.0.1:{behind}; }}
  }}
}}
"""


@dataclass(frozen=True)
class Passed:
    """One request as nginx logged it: the answer's status, its word on the client's certificate, the TLS version, the
    number of the connection and the path."""

    status: int
    verdict: str
    protocol: str
    connection: int
    path: str


class Nginx:
    """A TLS server in front of another port of this machine. It asks each client for a certificate, and takes none from
    another authority. All limits are nginx's own, such as 1 MiB for a body."""

    def __init__(self, folder: Path, certificates: Certificates, behind: int):
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        folder.mkdir()
        values = {
            "folder": folder,
            "port": self.port,
            "certificate": certificates.server.certificate,
            "key": certificates.server.key,
            "client_ca": certificates.ca,
            "behind": behind,
        }
        (folder / "nginx.conf").write_text(NGINX_CONF.format(**values))

    @contextmanager
    def running(self) -> Iterator["Nginx"]:
        command = [str(NGINX), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        with running(command, self.port, self.folder / "nginx.log"):
            yield self

    def passed(self) -> list[Passed]:
        """The requests so far."""
        lines = (line.split("|") for line in (self.folder / "access.log").read_text().splitlines())
        return [Passed(int(status), verdict, tls, int(number), path) for status, verdict, tls, number, path in lines]
