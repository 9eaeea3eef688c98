"""The cost of a deadline and metadata for a unary call at the server."""
from ..case import Bench, Case
from ..figure import Figure
from ..h2load import Load
from ..headers import call_headers
from ..libraries import Library
from .server_load import cpu_per_call


def _case(key: str, title: str, headers: tuple[str, ...]) -> Case:
    def measure(bench: Bench, library: Library) -> dict[str, float]:
        with bench.server(library) as server:
            return {key: cpu_per_call(bench, server, Load(1000, 10, 100, headers))[0]}

    return Case("fields", (Figure(key, f"unary server, 10×100, {title}: CPU of a call", "µs"),), measure)


CASES = [
    _case("server-deadline", "with a deadline", call_headers(0, True)),
    _case("server-metadata", "10 entries of metadata", call_headers(10, False)),
]
