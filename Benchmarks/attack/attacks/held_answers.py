"""Answers of 4 MiB that the client never reads: 60, then 300."""
import time

from .. import http2
from ..calls import upload
from ..ground import Attack, Ended, Ground

_FEW, _MANY = 60, 300
_LENGTH = 4 * 1024 * 1024 - 16
_SECONDS = 20


def _run(ground: Ground) -> str:
    connection = ground.connect(stream_window=0)
    fields = http2.Fields("/echo.v1.Echo/Get")
    request = http2.message(http2.text_field(bytes(_LENGTH)))
    before, until = ground.server.memory().resident, time.monotonic() + _SECONDS
    ground.begin()
    held: list[str] = []
    try:
        for number in range(_MANY):
            stream = connection.take_stream()
            block = fields.again if number else fields.first
            connection.write(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block))
            if not upload(connection, [stream], request, ends=True, until=until):
                held.append(f"the server reads no more after {number}")
                break
            if number + 1 in (_FEW, _MANY):
                connection.ping()
                held.append(f"{number + 1}: {ground.server.memory().resident - before:,.0f} MiB")
    except (Ended, TimeoutError) as error:
        held.append(f"after {connection.next_stream // 2 - 1}: {error}")
    if connection.ended:
        held.append(f"{len(connection.ended)} refused, the first was call {(min(connection.ended) + 1) // 2}")
    return "held: " + ", ".join(held)


ATTACKS = [Attack("held-answers", "answers of 4 MiB and a window of zero", _run, gibibytes=3)]
