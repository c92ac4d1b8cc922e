"""A CONNECT proxy (RFC 9110, 9.3.6) for tests: it listens on loopback and says what it was asked.

    with Proxy(credentials="user:word") as proxy: … proxy.url … proxy.heads

The target of CONNECT is connected to as it is, so that it must be on loopback as well; nothing is ever looked up.
"""

import base64
import select
import socket
import ssl
import threading

from certificates import Identity

TARGETS = ("localhost", "127.0.0.1", "[::1]")


class Proxy:
    """A proxy on a port of its own. `credentials` are what it wants, `status` is what it refuses everything with, and
    `identity` makes it speak TLS."""

    def __init__(self, credentials: str = "", status: int = 200, identity: Identity | None = None):
        self.heads: list[str] = []
        self._wanted = "Basic " + base64.b64encode(credentials.encode()).decode() if credentials else ""
        self._status = status
        self._tls = None
        if identity:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(identity.certificate, identity.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"localhost:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if identity else 'http'}://{self.address}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_):
        # A thread that waits in accept() keeps the socket open: shutting it down wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as client:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    byte = client.recv(1)
                    if not byte:
                        return
                    head += byte
                self.heads.append(head.decode())
                status = self._judge(head.decode())
                client.sendall(f"HTTP/1.1 {status} Answer\r\n\r\n".encode())
                if status == 200:
                    self._tunnel(client, head.split()[1].decode())
        except OSError:
            pass  # Somebody hung up, or refused the certificate.

    def _judge(self, head: str) -> int:
        method, target = head.split()[:2]
        if method != "CONNECT" or target.rpartition(":")[0] not in TARGETS:
            return 405
        if self._wanted and f"Proxy-Authorization: {self._wanted}" not in head.split("\r\n"):
            return 407
        return self._status

    def _tunnel(self, client: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as server:
            other = {client: server, server: client}
            while True:
                # What TLS has decrypted already, the kernel does not count as readable any more.
                decrypted = [side for side in other if isinstance(side, ssl.SSLSocket) and side.pending()]
                for side in decrypted or select.select(list(other), [], [])[0]:
                    data = side.recv(65536)
                    if not data:
                        return
                    other[side].sendall(data)
