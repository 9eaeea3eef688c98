"""What an attack is, and what it works with: a server, connections, and a count of the bytes sent."""
import time
from dataclasses import dataclass, field
from typing import Callable, Iterable

from .connection import Connection, Ended
from .server import Needs, Server

SECONDS = 4.0  # how long a flood lasts if the server does not end it


@dataclass
class Ground:
    server: Server
    connections: list[Connection] = field(default_factory=list)
    other_bytes: int = 0  # sent by other means than `connections`
    start: float = 0
    start_cpu: float = 0
    _prepared_bytes: int = 0

    def begin(self) -> None:
        """Starts the measurement. An attack that has to prepare something calls it again once it has."""
        self.start, self.start_cpu = time.monotonic(), self.server.cpu_seconds()
        self._prepared_bytes = self._all_bytes

    def connect(self, **options: int) -> Connection:
        connection = Connection.to(self.server.port, **options)
        self.connections.append(connection)
        connection.settle()
        return connection

    @property
    def sent_bytes(self) -> int:
        return self._all_bytes - self._prepared_bytes

    @property
    def _all_bytes(self) -> int:
        return self.other_bytes + sum(connection.sent_bytes for connection in self.connections)

    def close(self) -> None:
        for connection in self.connections:
            connection.close()


@dataclass(frozen=True)
class Attack:
    name: str
    title: str
    run: Callable[[Ground], str]  # returns what happened, beyond what is measured of every attack
    needs: Needs = Needs()
    gibibytes: float = 0  # free memory that the machine has to have


def pour(connection: Connection, chunks: Iterable[bytes | bytearray], seconds: float = SECONDS) -> str:
    """Sends the chunks until the time is up or the server ends the connection. Returns which of the two it was."""
    start, before = time.monotonic(), connection.sent_bytes
    for chunk in chunks:
        connection.write(chunk)
        while connection.has_unsent and connection.end is None and time.monotonic() < start + seconds:
            connection.turn(0.05)
        if connection.end is not None or time.monotonic() >= start + seconds:
            break
    return fate(connection, connection.sent_bytes - before)


def fate(connection: Connection, sent_bytes: int) -> str:
    return f"{connection.end} after {size(sent_bytes)}" if connection.end else "tolerated"


def size(count: float) -> str:
    return f"{count / 1e6:.3g} MB" if count >= 1e6 else f"{count / 1e3:.3g} KB"


__all__ = ["Attack", "Ended", "Ground", "SECONDS", "fate", "pour", "size"]
