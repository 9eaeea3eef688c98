"""WebSockets: messages that are echoed, one message to many, and memory of those that are idle."""
from dataclasses import replace
from functools import partial

from ..case import Bench, CannotRun, Case
from ..figure import Better, Figure
from ..libraries import FLOOR, FRESHET, WEBSOCKET_LIBRARIES, Library
from ..limits import open_files
from ..processes import resident_kib
from ..settling import settled
from ..socket_load import Run, Sockets, sockets

_MANY = 10_000
_ECHOES = [(1, 16, "16 B"), (100, 16, "16 B"), (1, 65_536, "64 KiB"), (100, 65_536, "64 KiB")]


def _server(bench: Bench, library: Library):
    return bench.server(replace(library, server_options=("--web",)) if library == FRESHET else library)


def _timed(open_sockets: Sockets, bench: Bench, warm_up: int, size: int) -> Run:
    """A run that takes about as long as is wanted, behind one that warms up and tells how many messages that are."""
    warm = open_sockets.run(warm_up, size)
    return open_sockets.run(max(warm_up, int(warm_up * bench.seconds / warm.seconds)), size)


def _echo(count: int, size: int, bench: Bench, library: Library) -> dict[str, float]:
    if library is FLOOR and size > 125:
        raise CannotRun("it echoes short messages only")
    with _server(bench, library) as server, sockets(server, count, core=bench.client_core) as opened:
        run = _timed(opened, bench, 2000 if size < 1000 else 1000, size)
    return {f"websocket-{count}-{size}-rate": run.per_second, f"websocket-{count}-{size}-cpu": run.micros}


def _fan_out(bench: Bench, library: Library) -> dict[str, float]:
    if library is FLOOR:
        raise CannotRun("it echoes short messages only")
    _check_files()
    with _server(bench, library) as server, sockets(server, _MANY, core=bench.client_core, mode="fanout") as opened:
        run = _timed(opened, bench, 2, 16)
    return {"websocket-fanout-rate": run.per_second, "websocket-fanout-cpu": run.micros}


def _idle(bench: Bench, library: Library) -> dict[str, float]:
    _check_files()
    with _server(bench, library) as server:
        with sockets(server, 10, core=bench.client_core) as opened:
            opened.run(2000, 16)
        before = settled(lambda: resident_kib(server.pid))
        with sockets(server, _MANY, core=bench.client_core):
            return {"websocket-idle": (settled(lambda: resident_kib(server.pid)) - before) / _MANY}


def _check_files() -> None:
    if _MANY + 100 > open_files():
        raise CannotRun(f"only {open_files()} files may be open")


def _pair(key: str, title: str) -> tuple[Figure, ...]:
    return (Figure(f"{key}-rate", f"{title}: messages", "1/s", Better.HIGHER),
            Figure(f"{key}-cpu", f"{title}: CPU of the server per message", "µs"))


def _plural(count: int) -> str:
    return "1 socket" if count == 1 else f"{count:,} sockets"


CASES = [
    *(Case("websocket", _pair(f"websocket-{count}-{size}", f"echo of {name}, {_plural(count)}"),
           partial(_echo, count, size), libraries=WEBSOCKET_LIBRARIES) for count, size, name in _ECHOES),
    Case("websocket", _pair("websocket-fanout", f"one message of 16 B to {_plural(_MANY)}"), _fan_out,
         libraries=WEBSOCKET_LIBRARIES),
    Case("websocket", (Figure("websocket-idle", f"memory of an idle socket, of {_MANY:,}", "KiB"),), _idle,
         libraries=WEBSOCKET_LIBRARIES),
]
