"""Instructions and allocations of a unary call, by the programs of ../Counters."""
import json
import subprocess
import sys

from ..case import Bench, CannotRun, Case
from ..figure import Figure
from ..libraries import BENCHMARKS, GO, NGHTTPD, Library


def _counted(script: str, library: Library) -> float:
    command = [sys.executable, str(BENCHMARKS / "Counters" / script), library.name, "--json"]
    ended = subprocess.run(command, text=True, capture_output=True)
    try:
        return json.loads(ended.stdout.splitlines()[-1])[library.name]
    except (IndexError, ValueError):
        raise CannotRun(f"{script} failed: {ended.stderr.strip()[-200:]}") from None


def _instructions(bench: Bench, library: Library) -> dict[str, float]:
    if library is GO:
        raise CannotRun("valgrind does not bear Go's run-time")
    return {"instructions": _counted("instructions.py", library)}


def _mallocs(bench: Bench, library: Library) -> dict[str, float]:
    if library is GO:
        raise CannotRun("Go allocates by itself, not by malloc")
    if library is NGHTTPD:
        raise CannotRun("it allocates by jemalloc")
    return {"mallocs": _counted("mallocs.py", library)}


CASES = [
    Case("counters", (Figure("instructions", "user instructions of a unary call at the server, 1×100", ""),),
         _instructions, once=True),
    Case("counters", (Figure("mallocs", "mallocs of a unary call at the server", ""),), _mallocs, once=True),
]
