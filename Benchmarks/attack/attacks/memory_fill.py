"""Messages without their last byte, on many connections: each stays within its bounds, together they fill memory."""
import time

from .. import http2
from ..calls import upload
from ..ground import Attack, Ended, Ground

_CONNECTIONS, _EACH = 64, 4
_LENGTH = 4 * 1024 * 1024 - 16
_SECONDS = 20
_FIELDS = http2.Fields("/echo.v1.Echo/Collect")


def _run(ground: Ground) -> str:
    body = http2.message(http2.text_field(bytes(_LENGTH)))[:-1]
    before, until = ground.server.memory().resident, time.monotonic() + _SECONDS
    ended, stalled = 0, 0
    for _ in range(_CONNECTIONS):
        try:
            connection = ground.connect()
            streams = [connection.take_stream() for _ in range(_EACH)]
            blocks = [_FIELDS.first, *[_FIELDS.again] * (_EACH - 1)]
            for stream, block in zip(streams, blocks):
                connection.write(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block))
            # A server that stops reading one connection may still read the next.
            stalled += not upload(connection, streams, body, ends=False, until=min(until, time.monotonic() + 1))
        except (Ended, OSError):
            if not ground.server.is_alive:
                raise
            ended += 1
        if time.monotonic() > until:
            break
    refused = sum(connection.ended_streams for connection in ground.connections)
    held = ground.server.memory().resident - before
    sent = ground.sent_bytes / (1 << 20)
    return (f"{held:,.0f} MiB held of {sent:,.0f} sent; {stalled} connections not read, {ended} ended, {refused} calls "
            "refused")


ATTACKS = [Attack("memory", "256 unfinished messages on 64 connections", _run, gibibytes=3)]
