"""TLS 1.3 key updates without end: for each, the server has to derive keys."""
import select
import socket
import time

from .. import http2
from ..ground import SECONDS, Attack, Ground, size
from ..openssl import Client
from ..server import Needs

_BATCH = 100
# Ignored by every peer (RFC 9113 §4.1), but data to TLS, which may bound the updates between data.
_UNKNOWN_FRAME = http2.frame(0xFA, 0, 0)


def _run(ground: Ground, requested: bool) -> str:
    with socket.create_connection(("127.0.0.1", ground.server.port), timeout=20) as wire:
        client = Client()
        _shake_hands(client, wire)
        client.seal(http2.PREFACE + http2.settings())
        wire.sendall(client.output())
        ground.begin()
        updates, end = 0, time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                for _ in range(_BATCH):
                    updates += client.update_key(requested)
                client.seal(_UNKNOWN_FRAME)
                data = client.output()
                wire.sendall(data)
                ground.other_bytes += len(data)
                if select.select([wire], [], [], 0)[0]:
                    answer = wire.recv(1 << 16)
                    if not answer:
                        raise ConnectionError("closed")
                    client.receive(answer)
                    client.discard_input()
        except OSError:
            return f"the connection was closed after {updates:,} updates, {size(ground.sent_bytes)}"
    return f"tolerated; {updates / SECONDS:,.0f} updates a second"


def _shake_hands(client: Client, wire: socket.socket) -> None:
    while not client.handshake():
        wire.sendall(client.output())
        answer = wire.recv(1 << 16)
        if not answer:
            raise ConnectionError("the server closed the connection within the handshake")
        client.receive(answer)
    wire.sendall(client.output())


ATTACKS = [
    Attack("key-updates", "key updates", lambda ground: _run(ground, False), Needs(tls=True)),
    Attack("key-updates-both", "key updates that ask for one", lambda ground: _run(ground, True), Needs(tls=True))]
