"""Connections that stay idle."""
import time

from ..ground import Attack, Ground

_CONNECTIONS = 2_000
_SECONDS = 5


def _run(ground: Ground) -> str:
    before = ground.server.memory().resident
    for _ in range(_CONNECTIONS):
        ground.connect()
    each = (ground.server.memory().resident - before) * 1024 / _CONNECTIONS
    time.sleep(_SECONDS)
    for connection in ground.connections:
        connection.turn(0)
    left = sum(connection.end is None for connection in ground.connections)
    return f"{each:.1f} KiB each; {left:,} of {_CONNECTIONS:,} remain after {_SECONDS} s"


ATTACKS = [Attack("idle", "2,000 idle connections", _run)]
