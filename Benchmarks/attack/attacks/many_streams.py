"""30,000 streams that are open at once and then end normally: how much memory is not given back."""
from .. import http2
from ..calls import Calls, open_first_call
from ..ground import Attack, Ended, Ground

_CONNECTIONS, _EACH = 30, 1_000
_FIELDS = http2.Fields("/echo.v1.Echo/Collect")
_PATIENCE_SECONDS = 15


def _run(ground: Ground) -> str:
    before = ground.server.memory().resident
    try:
        for _ in range(_CONNECTIONS):
            connection = ground.connect()
            others = Calls(_FIELDS, None, connection.next_stream + 2, _EACH - 1)
            open_first_call(connection, _FIELDS)
            connection.send(others.bytes)
            connection.ping()
        opened = ground.server.memory().resident
        ends = b"".join(
            http2.frame(http2.DATA, http2.END_STREAM, 1 + 2 * number, http2.message(b"")) for number in range(_EACH))
        for connection in ground.connections:
            connection.send(ends)
        for connection in ground.connections:
            connection.turn_while(lambda: connection.ended_streams < _EACH, _PATIENCE_SECONDS)
    except (Ended, TimeoutError) as error:
        return str(error)
    closed = ground.server.memory().resident
    return f"opened {opened - before:+.0f} MiB, closed on living connections {closed - before:+.0f} MiB"


ATTACKS = [Attack("many-streams", "30,000 streams, opened and ended", _run)]
