"""Unary calls by each library's client to the same server, Freshet's, so that only the client differs."""
from ..case import Bench, CannotRun, Case
from ..client import run_client
from ..figure import Better, Figure
from ..libraries import FRESHET, Library


def _case(group: str, key: str, title: str, at_once: int, options: list[str]) -> Case:
    figures = (
        Figure(f"{key}-cpu", f"{title}: CPU of a call", "µs"),
        Figure(f"{key}-rate", f"{title}: calls", "1/s", Better.HIGHER),
        Figure(f"{key}-p50", f"{title}: p50", "µs"),
        Figure(f"{key}-p99", f"{title}: p99", "µs"),
    )

    def measure(bench: Bench, library: Library) -> dict[str, float]:
        if not library.has_client:
            raise CannotRun("it has no client")
        with bench.server(FRESHET) as server:
            result = run_client(
                library, server.port, "unary", at_once, bench.seconds, options, core=bench.client_core)
        return {
            f"{key}-cpu": result["cpu_us_per"], f"{key}-rate": result["per_s"],
            f"{key}-p50": result["p50_us"], f"{key}-p99": result["p99_us"]}

    return Case(group, figures, measure)


CASES = [
    _case("client", "client-1", "unary client, 1 at once", 1, []),
    _case("client", "client-64", "unary client, 64 at once", 64, []),
    _case("fields", "client-deadline", "unary client, 64 at once, with a deadline", 64, ["--timeout", "60"]),
    _case("fields", "client-metadata", "unary client, 64 at once, 10 entries of metadata", 64, ["--metadata", "10"]),
]
