"""What a unary call costs a server, as h2load calls it."""
from dataclasses import replace

from ..case import Bench
from ..h2load import Load, LoadResult
from ..processes import cpu_seconds
from ..server import Server

# From here on, opening the connections would be a part of the cost that one sees.
_MANY_CONNECTIONS = 100
# A lost packet of the warming up may cost it seconds; no library that is measured is much slower than this.
_LEAST_PER_SECOND = 10_000


def cpu_per_call(
    bench: Bench, server: Server, load: Load, *, tls: bool = False, with_times: bool = False,
) -> tuple[float, LoadResult]:
    """The server's CPU time for each call, in microseconds, and what h2load saw; the load's number of calls is the least.

    Where there are many connections a short run, one turn of each, is taken off.
    """
    turn = load.connections * load.at_once
    warm = bench.load(server, replace(load, calls=max(load.calls, 2 * turn)), tls=tls)
    calls = max(load.calls, 10 * turn, int(max(warm.per_second, _LEAST_PER_SECOND) * bench.seconds))
    cpu, result = _run(bench, server, replace(load, calls=calls), tls, with_times)
    if load.connections < _MANY_CONNECTIONS:
        return cpu / calls * 1e6, result
    short, _ = _run(bench, server, replace(load, calls=turn), tls, False)
    return (cpu - short) / (calls - turn) * 1e6, result


def _run(bench: Bench, server: Server, load: Load, tls: bool, with_times: bool) -> tuple[float, LoadResult]:
    before = cpu_seconds(server.pid)
    result = bench.load(server, load, tls=tls, with_times=with_times)
    return cpu_seconds(server.pid) - before, result
