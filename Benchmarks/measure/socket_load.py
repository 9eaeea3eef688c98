"""Loads a server of WebSockets by the program Peers/websocket/load."""
import json
import selectors
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

from .libraries import WEBSOCKET_PROGRAMS
from .patience import TookTooLong
from .processes import cpu_seconds
from .server import Server

_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Run:
    messages: int
    seconds: float
    # CPU time in seconds, of the server and of the load.
    server: float
    load: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds

    @property
    def micros(self) -> float:
        """The server's CPU time per message."""
        return self.server / self.messages * 1e6


class Sockets:
    """Many sockets that are open, and answer pings."""

    def __init__(self, server: Server, process: subprocess.Popen[str]) -> None:
        self._server = server
        self._process = process

    def wait_until_open(self) -> None:
        self._result()

    def run(self, count: int, size: int) -> Run:
        """Sends messages: with an echo as many in all, each socket the next when it has the last; with a fan-out one after
        another to all sockets."""
        before = cpu_seconds(self._server.pid)
        self._process.stdin.write(f"{count} {size}\n")
        self._process.stdin.flush()
        result = self._result()
        return Run(result["n"], result["secs"], cpu_seconds(self._server.pid) - before, result["cpu"])

    def _result(self) -> dict[str, float]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(_PATIENCE_SECONDS):
                raise TookTooLong(f"no result within {_PATIENCE_SECONDS} s")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load ended: {self._process.stderr.read().strip()[:200]}")
        return json.loads(line)


@contextmanager
def sockets(server: Server, count: int, *, core: int | None, mode: str = "echo") -> Iterator[Sockets]:
    """`mode` is echo or fanout."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen(
        [*pinned, str(WEBSOCKET_PROGRAMS / "load"), str(server.port), mode, str(count)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        opened = Sockets(server, process)
        opened.wait_until_open()
        yield opened
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
