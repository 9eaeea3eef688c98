"""TLS connections with one call each."""
from ..case import Bench, Case
from ..figure import Better, Figure
from ..h2load import Load
from ..libraries import Library
from ..processes import cpu_seconds


def _measure(bench: Bench, library: Library) -> dict[str, float]:
    with bench.server(library, tls=True) as server:
        bench.load(server, Load(50, 50), tls=True)
        count = int(1000 * bench.seconds)
        before = cpu_seconds(server.pid)
        result = bench.load(server, Load(count, count), tls=True)
        cpu = cpu_seconds(server.pid) - before
    return {"accept-rate": count / result.seconds, "accept-cpu": cpu / count * 1e6}


CASES = [Case("accept", (
    Figure("accept-rate", "TLS connections accepted, each with one call", "1/s", Better.HIGHER),
    Figure("accept-cpu", "a TLS connection with one call: CPU", "µs"),
), _measure)]
