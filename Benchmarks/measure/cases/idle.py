"""The memory of idle connections and calls."""
from ..case import Bench, CannotRun, Case
from ..figure import Figure
from ..h2load import Load
from ..idle_holder import Holder
from ..libraries import NGHTTPD, Library
from ..limits import open_files
from ..processes import resident_kib
from ..request import BIDI
from ..server import Server
from ..settling import settled

_COUNT = 10_000
# What every server accepts on a connection by default.
_CALLS_PER_CONNECTION = 100


def _memory(server: Server) -> int:
    return settled(lambda: resident_kib(server.pid))


def _idle_connections(bench: Bench, library: Library) -> dict[str, float]:
    if _COUNT + 100 > open_files():
        raise CannotRun(f"only {open_files()} files may be open")
    with bench.server(library) as server, Holder(server.port) as holder:
        bench.load(server, Load(2000, 10, 10))
        before = _memory(server)
        holder.open_connections(_COUNT)
        return {"idle-connection": (_memory(server) - before) / _COUNT}


def _idle_streams(bench: Bench, library: Library) -> dict[str, float]:
    if library is NGHTTPD:
        raise CannotRun("it has no streaming calls")
    with bench.server(library) as server, Holder(server.port) as holder:
        bench.load(server, Load(2000, 10, 10))
        holder.open_connections(_COUNT // _CALLS_PER_CONNECTION)
        before = _memory(server)
        holder.open_calls(BIDI, _CALLS_PER_CONNECTION)
        return {"idle-stream": (_memory(server) - before) / _COUNT}


CASES = [
    Case("memory", (Figure("idle-connection", "memory of an idle connection, of 10,000", "KiB"),), _idle_connections),
    Case("memory", (
        Figure("idle-stream", "memory of an idle call, of 10,000 on 100 connections", "KiB"),), _idle_streams),
]
