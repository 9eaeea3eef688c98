"""How many of a thousand concurrent calls on one connection are answered."""
from ..case import Bench, CannotRun, Case
from ..figure import Better, Figure
from ..idle_holder import Holder
from ..libraries import NGHTTPD, Library
from ..request import BIDI, UNARY_RESPONSE

_COUNT = 1_000
_PATIENCE_SECONDS = 5


def _measure(bench: Bench, library: Library) -> dict[str, float]:
    if library is NGHTTPD:
        raise CannotRun("it has no streaming calls")
    with bench.server(library) as server, Holder(server.port) as holder:
        holder.open_connections(1)
        connection = holder.connections[0]
        connection.set_patience(_PATIENCE_SECONDS)
        try:
            streams = [connection.open_call(BIDI) for _ in range(_COUNT)]
            for stream in streams:
                connection.send(stream, UNARY_RESPONSE)
        except ConnectionError:
            pass  # earlier answers count
        return {"many-streams": len(connection.streams_with_data(_COUNT))}


CASES = [Case("memory", (
    Figure("many-streams", "calls answered of 1,000 open at once on one connection", "", Better.HIGHER),), _measure)]
