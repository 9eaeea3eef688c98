"""One connection with as many small calls open as the server allows, against neighbours on the same loop."""
from .. import http2
from ..calls import MOST_AT_ONCE, Calls, first_call, keep_in_flight
from ..ground import SECONDS, Attack, Ground, fate

_FIELDS = http2.Fields("/echo.v1.Echo/Get")
_BODY = http2.message(http2.text_field(b"hello"))
_MOST = 400_000


def _run(ground: Ground) -> str:
    connection = ground.connect()
    first_call(connection, _FIELDS, _BODY)
    calls = Calls(_FIELDS, _BODY, connection.next_stream, _MOST)
    ground.begin()
    count = keep_in_flight(connection, calls)
    return f"{count / SECONDS:,.0f} calls a second, {MOST_AT_ONCE} at once; {fate(connection, ground.sent_bytes)}"


ATTACKS = [Attack("ready-calls", "small calls, 900 at once", _run)]
