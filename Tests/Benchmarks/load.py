"""A small appliance's day, in short: traffic on two interfaces and now and then a packet on the others, as on the idle
ports of a switch; some computing, files and processes, at random."""

import hashlib
import os
import random
import socket
import subprocess
import tempfile
import time

INTERFACE_BYTES_MAX = 1400
BUSY_INTERFACES = 2
# Of a round, of which there are three a second.
IDLE_PACKET_CHANCE = 0.1


def interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex() if name.startswith(("left", "right"))]


def main() -> None:
    chance = random.Random(20261121)
    sockets = []
    for name in interfaces():
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind((name, 0))
        sockets.append(sender)
    with tempfile.TemporaryFile() as file:
        while True:
            for sender in sockets[:BUSY_INTERFACES]:
                for _ in range(chance.randint(1, 4)):
                    sender.send(b"\xff" * 14 + bytes(chance.randint(46, INTERFACE_BYTES_MAX)))
            if chance.random() < IDLE_PACKET_CHANCE:
                chance.choice(sockets).send(b"\xff" * 14 + bytes(46))
            for _ in range(chance.randint(0, 60)):
                hashlib.sha256(bytes(100_000)).digest()
            file.write(os.urandom(chance.randint(0, 40_000)))
            file.flush()
            if chance.random() < 0.2:
                subprocess.run(["true"], check=True)
            if file.tell() > 20_000_000:
                file.seek(0)
            time.sleep(chance.uniform(0.05, 0.6))


main()
