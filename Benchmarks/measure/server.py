"""A server that runs on its own core until it is no longer needed."""
import json
import os
import selectors
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

from .libraries import Library, Nghttpd, Nginx
from .workspace import Workspace

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Server:
    library: Library
    pid: int
    port: int


@contextmanager
def running(
    library: Library, space: Workspace, *, tls: bool = False, core: int | None = None,
    wrapper: list[str] = [], environment: dict[str, str] = {},
) -> Iterator[Server]:
    """Starts a server, under another program if there is a wrapper; stops it with SIGTERM."""
    port = _free_port() if isinstance(library, (Nghttpd, Nginx)) else 0
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    log = space.folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*pinned, *wrapper, *library.server(space, port, tls)], stdout=subprocess.PIPE, stderr=file,
            env={**os.environ, **environment})
    try:
        found = _connectable_port(port, process) if port else _announced_port(process)
        if found is None:
            raise RuntimeError(f"{process.args} did not start: {log.read_text(errors='replace')[-500:]}")
        yield Server(library, process.pid, found)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _announced_port(process: subprocess.Popen) -> int | None:
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(_PATIENCE_SECONDS) else b""
    return json.loads(line)["listening"] if line else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _connectable_port(port: int, process: subprocess.Popen) -> int | None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port
        except OSError:
            time.sleep(0.05)
    return None
