"""One stream, in one direction, between each library's client and its own server."""
from ..case import Bench, CannotRun, Case
from ..client import run_client
from ..figure import Better, Figure
from ..libraries import Library

_SMALL, _LARGE = 16, 64 * 1024
_MODES = {"sstream": "server streaming", "cstream": "client streaming"}


def _case(mode: str, size: int) -> Case:
    key = f"{mode}-{size}"
    is_small = size == _SMALL
    size_text = "16 B" if is_small else "64 KiB"
    figure = Figure(f"{key}-rate", f"{_MODES[mode]}, {size_text}: messages", "1/s", Better.HIGHER) if is_small else (
        Figure(f"{key}-rate", f"{_MODES[mode]}, {size_text}", "GB/s", Better.HIGHER))
    cpu = Figure(f"{key}-cpu", f"{_MODES[mode]}, {size_text}: CPU of a message at the client", "µs")

    def measure(bench: Bench, library: Library) -> dict[str, float]:
        if not library.has_client:
            raise CannotRun("it has no client")
        with bench.server(library) as server:
            def run(count: int) -> dict[str, float]:
                return run_client(library, server.port, mode, count, size, core=bench.client_core)

            warm = run(20_000 if is_small else 500)
            result = run(max(1000, int(warm["per_s"] * bench.seconds)))
        return {f"{key}-rate": result["per_s" if is_small else "GBps"], f"{key}-cpu": result["cpu_us_per"]}

    return Case("stream", (figure, cpu), measure)


CASES = [_case(mode, size) for size in (_SMALL, _LARGE) for mode in _MODES]
