"""The cost of a unary call by h2load at the server."""
from dataclasses import replace

from ..case import Bench
from ..h2load import Load, LoadResult
from ..processes import cpu_seconds
from ..server import Server

# Beyond this, opening the connections would be part of the measured cost.
_MANY_CONNECTIONS = 100
# A lost packet during warm-up may cost seconds; no measured library is much slower than this.
_LEAST_PER_SECOND = 10_000


def cpu_per_call(
    bench: Bench, server: Server, load: Load, *, tls: bool = False, with_times: bool = False,
) -> tuple[float, LoadResult]:
    """The server's CPU time per call in microseconds, and h2load's result; the load's number of calls is a minimum.

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
