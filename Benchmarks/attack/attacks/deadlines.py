"""18,000 deadlines that pass at once, and calls whose deadline has passed when they arrive."""
import time

from .. import http2
from ..calls import Calls, first_call, keep_in_flight, open_first_call
from ..ground import SECONDS, Attack, Ended, Ground, fate

_CONNECTIONS, _EACH = 18, 1_000
_LEAD_SECONDS = 2.0
_PATIENCE_SECONDS = 15
_MOST = 400_000
_BODY = http2.message(http2.text_field(b"hello"))


def _together(ground: Ground) -> str:
    connections = [ground.connect() for _ in range(_CONNECTIONS)]
    # The time-out is in the first call's block alone, so the bytes of the others are the same on each connection.
    others = Calls(_update(0), _BODY, connections[0].next_stream + 2, _EACH - 1, ends=False)
    ground.begin()
    target = time.monotonic() + _LEAD_SECONDS
    try:
        for connection in connections:
            open_first_call(connection, _update(round((target - time.monotonic()) * 1000)))
            connection.send(others.bytes)
        for connection in connections:
            connection.turn_while(lambda: connection.ended_streams < _EACH, _PATIENCE_SECONDS)
    except (Ended, TimeoutError) as error:
        return str(error)
    return f"all ended {(time.monotonic() - target) * 1000:,.0f} ms after their deadline"


def _update(milliseconds: int) -> http2.Fields:
    """A method that answers each message, then waits for the next."""
    return http2.Fields("/echo.v1.Echo/Update", ("grpc-timeout", f"{milliseconds}m"))


def _passed(ground: Ground) -> str:
    connection = ground.connect()
    fields = http2.Fields("/echo.v1.Echo/Get", ("grpc-timeout", "0n"))
    first_call(connection, fields, _BODY)
    calls = Calls(fields, _BODY, connection.next_stream, _MOST)
    ground.begin()
    count = keep_in_flight(connection, calls)
    messages = connection.received_data_bytes // len(_BODY)
    return f"{count / SECONDS:,.0f} calls a second, {messages:,} with a message; {fate(connection, ground.sent_bytes)}"


ATTACKS = [
    Attack("deadlines", "18,000 equal deadlines", _together),
    Attack("no-time", "calls with `grpc-timeout: 0n`", _passed)]
