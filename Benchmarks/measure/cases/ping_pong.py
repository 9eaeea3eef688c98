"""Round trips of messages on one stream, between each library's client and its own server."""
from ..case import Bench, CannotRun, Case
from ..client import run_client
from ..figure import Figure
from ..libraries import Library


def _measure(bench: Bench, library: Library) -> dict[str, float]:
    if not library.has_client:
        raise CannotRun("it has no client")
    with bench.server(library) as server:
        warm = run_client(library, server.port, "bidi", 1000, 16, core=bench.client_core)
        turns = max(1000, int(warm["per_s"] * bench.seconds))
        result = run_client(library, server.port, "bidi", turns, 16, core=bench.client_core)
    return {
        "bidi-p50": result["p50_us"], "bidi-p99": result["p99_us"], "bidi-cpu": result["cpu_us_per"]}


CASES = [Case("bidi", (
    Figure("bidi-p50", "ping-pong of 16 B: p50", "µs"),
    Figure("bidi-p99", "ping-pong of 16 B: p99", "µs"),
    Figure("bidi-cpu", "ping-pong of 16 B: CPU of a turn at the client", "µs"),
), _measure)]
