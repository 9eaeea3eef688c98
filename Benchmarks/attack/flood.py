"""A flood of connections that all send the same first bytes, several at a time."""
import select
import socket
import struct
import time
from collections import Counter

from .ground import Ground, SECONDS

_AT_ONCE = 16
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: reset on close, since ports in TIME_WAIT would run out


def flood(ground: Ground, opening: bytes, seconds: float = SECONDS) -> Counter[int | None]:
    """Each connection is aborted when the first bytes of its answer are here, and the next one takes its place.

    Returns how many answers began with which byte; None counts connections that were closed without an answer.
    """
    poll, open_sockets, answers = select.poll(), {}, Counter()
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            while len(open_sockets) < _AT_ONCE:
                one = _connected(ground.server.port, opening)
                ground.other_bytes += len(opening)
                open_sockets[one.fileno()] = one
                poll.register(one, select.POLLIN)
            for number, _ in poll.poll(50):
                poll.unregister(number)
                one = open_sockets.pop(number)
                answers[_first_byte(one)] += 1
                one.close()
    finally:
        for one in open_sockets.values():
            one.close()
    return answers


def _connected(port: int, opening: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    one.sendall(opening)
    return one


def _first_byte(one: socket.socket) -> int | None:
    try:
        data = one.recv(4096)
    except OSError:
        return None
    return data[0] if data else None
