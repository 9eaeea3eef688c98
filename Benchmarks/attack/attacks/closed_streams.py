"""Frames on closed streams without end: after the call was answered, and after it was reset."""
import itertools

from .. import http2
from ..calls import first_call
from ..connection import Connection
from ..ground import SECONDS, Attack, Ground, fate, pour

_FIELDS = http2.Fields("/echo.v1.Echo/Get")
_BODY = http2.message(http2.text_field(b"hello"))
_FRAMES = 2_000


def _opened(ground: Ground, is_reset: bool) -> Connection:
    connection = ground.connect()
    first_call(connection, _FIELDS, _BODY)
    if is_reset:
        stream = connection.take_stream()
        connection.send(
            http2.frame(http2.HEADERS, http2.END_HEADERS, stream, _FIELDS.again)
            + http2.frame(http2.RST_STREAM, 0, stream, http2.CANCEL))
        connection.ping()
    return connection


def _headers(ground: Ground, is_reset: bool) -> str:
    connection = _opened(ground, is_reset)
    closed = connection.next_stream - 2
    frames = http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, closed, _FIELDS.again) * _FRAMES
    ground.begin()
    return pour(connection, itertools.repeat(frames))


def _data(ground: Ground, is_reset: bool) -> str:
    connection = _opened(ground, is_reset)
    closed = connection.next_stream - 2
    one = http2.frame(http2.DATA, 0, closed, b"x")

    def chunks():
        """Within the connection's window, so that the closed stream is the only fault."""
        while True:
            count = min(_FRAMES, connection.credit)
            connection.credit -= count
            if count == 0:
                connection.turn(0.05)
            yield one * count

    ground.begin()
    return pour(connection, chunks(), SECONDS)


ATTACKS = [
    Attack("headers-after-end", "HEADERS after END_STREAM", lambda ground: _headers(ground, False)),
    Attack("data-after-end", "DATA after END_STREAM", lambda ground: _data(ground, False)),
    Attack("headers-after-reset", "HEADERS after RST_STREAM", lambda ground: _headers(ground, True)),
    Attack("data-after-reset", "DATA after RST_STREAM", lambda ground: _data(ground, True))]
