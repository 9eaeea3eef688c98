"""Unary calls by h2load: connections × concurrent calls per connection, in plaintext and over TLS."""
from ..case import Bench, Case
from ..figure import Better, Figure
from ..h2load import Load
from ..libraries import Library
from ..percentiles import percentile
from .server_load import cpu_per_call

_SHAPES = [(1, 1), (1, 100), (10, 100), (100, 10)]


def _case(connections: int, at_once: int, tls: bool) -> Case:
    shape = f"{connections}×{at_once}"
    key = f"{'tls' if tls else 'plain'}-{connections}x{at_once}"
    title = f"unary server, {shape}{' over TLS' if tls else ''}"
    alone = connections * at_once == 1
    figures = [
        Figure(f"{key}-cpu", f"{title}: CPU of a call", "µs"),
        Figure(f"{key}-rate", f"{title}: calls", "1/s", Better.HIGHER),
    ]
    if alone:
        figures += [Figure(f"{key}-p50", f"{title}: p50", "µs"), Figure(f"{key}-p99", f"{title}: p99", "µs")]

    def measure(bench: Bench, library: Library) -> dict[str, float]:
        with bench.server(library, tls=tls) as server:
            cpu, result = cpu_per_call(
                bench, server, Load(1000, connections, at_once), tls=tls, with_times=alone)
        values = {f"{key}-cpu": cpu, f"{key}-rate": result.per_second}
        if alone:
            times = sorted(result.times)
            values |= {f"{key}-p50": percentile(times, 50), f"{key}-p99": percentile(times, 99)}
        return values

    return Case("unary", tuple(figures), measure)


CASES = [_case(*shape, tls) for tls in (False, True) for shape in _SHAPES]
