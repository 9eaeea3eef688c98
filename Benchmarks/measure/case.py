"""The parts of a round: a case starts what it needs and returns its figures for one library."""
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Callable

from .figure import Figure
from .h2load import Load, LoadResult, h2load
from .libraries import RPC_LIBRARIES, Library
from .server import Server, running
from .workspace import Workspace


class CannotRun(Exception):
    """A library does not take part in a case, for this reason."""


@dataclass(frozen=True)
class Bench:
    """Shared by all cases."""

    space: Workspace
    # The cores of servers and of clients; None leaves it to the system.
    server_core: int | None
    client_core: int | None
    # The approximate duration of a run.
    seconds: float

    def server(self, library: Library, *, tls: bool = False) -> AbstractContextManager[Server]:
        return running(library, self.space, tls=tls, core=self.server_core)

    def load(self, server: Server, load: Load, *, tls: bool = False, with_times: bool = False) -> LoadResult:
        result = h2load(server.port, load, self.space, tls=tls, core=self.client_core, with_times=with_times)
        if result.failed:
            raise CannotRun(f"{result.failed} of {load.calls} calls failed")
        return result


Measure = Callable[[Bench, Library], dict[str, float]]


@dataclass(frozen=True)
class Case:
    """`measure` returns a value for each key of `figures`, or raises CannotRun with the reason."""

    group: str
    figures: tuple[Figure, ...]
    measure: Measure
    # Figures that do not depend on the machine's load are measured only in the first round.
    once: bool = False
    # Who takes part.
    libraries: tuple[Library, ...] = RPC_LIBRARIES
