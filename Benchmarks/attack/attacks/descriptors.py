"""More connections than the server has file descriptors for."""
import resource
import socket
import struct
import time

from ..connection import Connection
from ..ground import Attack, Ground
from ..server import Needs

_DESCRIPTORS, _CONNECTIONS = 256, 400
_SECONDS = 5
_PATIENCE_SECONDS = 15


def _run(ground: Ground) -> str:
    sockets = [socket.create_connection(("127.0.0.1", ground.server.port), timeout=20) for _ in range(_CONNECTIONS)]
    time.sleep(1)  # until the server has no descriptors left
    before, cpu = _accepts(ground), ground.server.cpu_seconds()
    time.sleep(_SECONDS)
    after, cpu = _accepts(ground), ground.server.cpu_seconds() - cpu
    for one in sockets:
        one.close()
    tries = f"{(after[0] - before[0]) / _SECONDS:,.0f} tries a second" if before and after else "tries not counted"
    return f"{tries}, {cpu / _SECONDS * 100:.0f} % of a core; {_recovery(ground)}"


def _accepts(ground: Ground) -> tuple[int, int] | None:
    """How often accept was called and how often it failed."""
    return struct.unpack("QQ", ground.server.accepts.read_bytes()) if ground.server.accepts else None


def _recovery(ground: Ground) -> str:
    start = time.monotonic()
    connection = Connection.to(ground.server.port)
    ground.connections.append(connection)
    connection.settle(_PATIENCE_SECONDS)
    return f"accepts again after {time.monotonic() - start:.1f} s"


ATTACKS = [
    Attack("descriptors", "no file descriptors left", _run,
           Needs(limits={resource.RLIMIT_NOFILE: _DESCRIPTORS}, counts_accepts=True))]
