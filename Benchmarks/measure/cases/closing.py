"""The memory that remains after ten thousand connections have closed."""
from ..case import Bench, CannotRun, Case
from ..figure import Figure
from ..h2load import Load
from ..libraries import Library
from ..limits import open_files
from ..processes import resident_kib
from ..settling import settled

_COUNT = 10_000


def _measure(bench: Bench, library: Library) -> dict[str, float]:
    if _COUNT + 100 > open_files():
        raise CannotRun(f"only {open_files()} files may be open")
    with bench.server(library) as server:
        bench.load(server, Load(2000, 10, 10))
        before = settled(lambda: resident_kib(server.pid))
        bench.load(server, Load(_COUNT, _COUNT))
        after = settled(lambda: resident_kib(server.pid))
    return {"closed-memory": after / before, "closed-kib": after}


CASES = [Case("memory", (
    Figure("closed-memory", "memory after 10,000 connections closed, of that before", "×"),
    Figure("closed-kib", "memory after 10,000 connections closed", "KiB"),
), _measure)]
