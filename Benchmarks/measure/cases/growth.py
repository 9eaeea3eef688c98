"""How a call's cost grows with the number of calls on one connection, and with the number of connections."""
from ..case import Bench, CannotRun, Case
from ..figure import Figure
from ..h2load import Load
from ..libraries import Library
from ..limits import open_files
from .server_load import cpu_per_call

_STREAMS = [1, 10, 100, 1_000, 10_000]
_CONNECTIONS = [1, 10, 100, 1_000, 10_000]


def _case(key: str, title: str, connections: int, at_once: int) -> Case:
    def measure(bench: Bench, library: Library) -> dict[str, float]:
        if at_once > library.calls_per_connection:
            raise CannotRun(f"a connection bears {library.calls_per_connection} calls at once")
        if connections + 100 > open_files():
            raise CannotRun(f"only {open_files()} files may be open")
        with bench.server(library) as server:
            return {key: cpu_per_call(bench, server, Load(1000, connections, at_once))[0]}

    return Case("growth", (Figure(key, title, "µs"),), measure)


CASES = [
    *(_case(f"streams-{count}", f"CPU of a call, {count:,} at once on one connection", 1, count) for count in _STREAMS),
    *(_case(f"connections-{count}", f"CPU of a call, {count:,} connections, one at once on each", count, 1)
      for count in _CONNECTIONS),
]
