"""8.6 MB of requests, each of 4 KB that inflate to 4 MiB: reset at once, and not reset."""
import gzip
import time

from .. import http2
from ..calls import first_call, send_paced_by_window
from ..connection import Connection
from ..ground import Attack, Ended, Ground

_CONNECTIONS, _EACH = 3, 700  # fewer than the 1,000 streams that may be open, or reset in a burst
_FIELDS = http2.Fields("/echo.v1.Echo/Get", ("grpc-encoding", "gzip"))
_SMALL = http2.message(http2.text_field(b"hello"))
_LENGTH = 4 * 1024 * 1024 - 16
_PATIENCE_SECONDS = 25


def _reset(ground: Ground) -> str:
    request = http2.message(gzip.compress(http2.text_field(bytes(_LENGTH))), compressed=True)
    return _run(ground, request, is_reset=True)


def _answered(ground: Ground) -> str:
    # The text is not UTF-8, so the answer is an error instead of 4 MiB.
    request = http2.message(gzip.compress(http2.text_field(bytes(_LENGTH - 1) + b"\xff")), compressed=True)
    return _run(ground, request, is_reset=False)


def _run(ground: Ground, request: bytes, is_reset: bool) -> str:
    connections = [ground.connect() for _ in range(_CONNECTIONS)]
    for connection in connections:
        first_call(connection, _FIELDS, _SMALL)
    units = [[_unit(connection, request, is_reset) for _ in range(_EACH)] for connection in connections]
    ground.begin()
    ended = ""
    for connection, own in zip(connections, units):
        try:
            send_paced_by_window(connection, own)
        except (Ended, TimeoutError) as error:
            ended = f"; {error}"
    sent = time.monotonic() - ground.start
    if is_reset:
        return f"sent in {sent:.1f} s{ended}"
    answered = _wait(connections)
    return f"{answered} of {_CONNECTIONS * _EACH} answered in {time.monotonic() - ground.start:.1f} s{ended}"


def _unit(connection: Connection, request: bytes, is_reset: bool) -> tuple[bytes, int]:
    stream = connection.take_stream()
    frames = http2.frame(http2.HEADERS, http2.END_HEADERS, stream, _FIELDS.again)
    frames += http2.frame(http2.DATA, http2.END_STREAM, stream, request)
    if is_reset:
        frames += http2.frame(http2.RST_STREAM, 0, stream, http2.CANCEL)
    return frames, len(request)


def _wait(connections: list[Connection]) -> int:
    """Returns how many calls were ended."""
    end = time.monotonic() + _PATIENCE_SECONDS
    for connection in connections:
        while connection.ended_streams <= _EACH and connection.end is None and time.monotonic() < end:
            connection.turn(0.1)
    return sum(connection.ended_streams - 1 for connection in connections)


ATTACKS = [
    Attack("gzip-reset", "gzip requests, reset at once", _reset),
    Attack("gzip", "gzip requests", _answered)]
