"""The well-behaved clients as the harness sees them: their latencies within a span of time."""
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .neighbour import INTERVAL_SECONDS
from .server import Server

_BENCHMARKS = Path(__file__).resolve().parent.parent
CONNECTIONS = 2


@dataclass(frozen=True)
class Call:
    connection: int
    start: float
    milliseconds: float
    has_message: bool

    @property
    def end(self) -> float:
        return self.start + self.milliseconds / 1000


@dataclass(frozen=True)
class Latency:
    """In milliseconds, over a span of time; None where no call was made."""
    p50: float | None
    most: float | None
    failed: int

    @staticmethod
    def of(calls: list[Call]) -> "Latency":
        """A slow call delays those after it. Each of these counts as if it had begun on schedule and ended with the slow
        one; otherwise a stall of many seconds would be a single call, and the median would not show it."""
        took = [
            milliseconds for call in calls
            for milliseconds in (call.milliseconds, *_steps(call.milliseconds - _INTERVAL, _INTERVAL))]
        failed = sum(not call.has_message for call in calls)
        return Latency(statistics.median(took) if took else None, max(took, default=None), failed)


_INTERVAL = INTERVAL_SECONDS * 1000


def _steps(most: float, step: float) -> Iterator[float]:
    while most > 0:
        yield most
        most -= step


class Neighbours:
    def __init__(self, log: Path) -> None:
        self._file = log.open()
        self._rest = ""
        self._calls: list[Call] = []

    def calls(self) -> list[Call]:
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        for line in lines:
            number, start, took, good = line.split()
            self._calls.append(Call(int(number), float(start), float(took), good == "1"))
        return self._calls

    def close(self) -> None:
        self._file.close()

    def between(self, start: float, end: float) -> Latency:
        """Counts calls that were open at any point of the span."""
        return Latency.of([call for call in self.calls() if call.start < end and call.end > start])

    def are_answered(self, since: float, patience: float, server: Server) -> bool:
        """Waits until each connection has an answer to a call that began after `since`."""
        end = time.monotonic() + patience
        while time.monotonic() < end and server.is_alive:
            if len({call.connection for call in self.calls() if call.start >= since}) == CONNECTIONS:
                return True
            time.sleep(0.02)
        return False


@contextmanager
def neighbours(port: int, folder: Path, authority: Path | None) -> Iterator[Neighbours]:
    log = folder / "neighbours"
    command = [sys.executable, "-m", "attack.neighbour", str(port), str(CONNECTIONS)]
    command += [str(authority)] if authority else []
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=_BENCHMARKS, stdin=subprocess.PIPE, stdout=file)
    found = Neighbours(log)
    try:
        yield found
    finally:
        found.close()
        process.kill()
        process.wait()
        process.stdin.close()
