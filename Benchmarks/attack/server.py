"""The attacked server: a process of its own, and what the system reports of it."""
import os
import resource
import selectors
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from measure.processes import cpu_seconds
from measure.workspace import Workspace

_START_SECONDS = 60


@dataclass(frozen=True)
class Needs:
    """What an attack needs of its server."""
    tls: bool = False
    limits: dict[int, int] = field(default_factory=dict)  # of the process, as for `resource.setrlimit`
    counts_accepts: bool = False  # by a preloaded library


@dataclass(frozen=True)
class Memory:
    """In MiB: the resident set and the address space, now and at their peaks."""
    resident: float
    mapped: float
    resident_peak: float
    mapped_peak: float


class Server:
    def __init__(self, process: subprocess.Popen, port: int, log: Path, accepts: Path | None) -> None:
        self.port = port
        self.accepts = accepts
        self._process = process
        self._log = log

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def memory(self) -> Memory:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        found = {line.split(":")[0]: line.split() for line in lines if line.startswith("Vm")}
        return Memory(*(int(found[name][1]) / 1024 for name in ("VmRSS", "VmSize", "VmHWM", "VmPeak")))

    def log_lines(self) -> int:
        with self._log.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

    def death(self) -> str:
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        _, *lines = self._log.read_text(errors="replace").splitlines()  # the first says that it listens
        return f"the server died by {how}" + (f": {lines[-1][-150:]}" if lines else "")


@contextmanager
def running(program: Path, space: Workspace, loops: int, needs: Needs, library: Path | None) -> Iterator[Server]:
    """Runs a server on a free port. With one event loop, every client shares the attacked one."""
    log, accepts = space.folder / "server.log", space.folder / "accepts"
    # Printing a backtrace takes seconds, during which a crashed server looks alive.
    environment = {**os.environ, "NIO_SINGLETON_GROUP_LOOP_COUNT": str(loops), "SWIFT_BACKTRACE": "enable=no"}
    if counts := needs.counts_accepts and library is not None:
        accepts.write_bytes(bytes(16))
        environment |= {"LD_PRELOAD": str(library), "FRESHET_ATTACK_ACCEPTS": str(accepts)}
    command = [str(program), "serve", "--port", "0"]
    if needs.tls:
        command += ["--tls-cert", str(space.certificate), "--tls-key", str(space.key)]

    def limit() -> None:
        for kind, value in needs.limits.items():
            resource.setrlimit(kind, (value, value))

    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=file, env=environment, preexec_fn=limit if needs.limits else None)
    try:
        port = _announced_port(process)
        if port is None:
            raise RuntimeError(f"{program} did not start: {log.read_text(errors='replace')[-500:]}")
        yield Server(process, port, log, accepts if counts else None)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _announced_port(process: subprocess.Popen) -> int | None:
    """From the line `echo: listening on 127.0.0.1:PORT`."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(_START_SECONDS) else b""
    return int(line.rsplit(b":", 1)[1]) if b":" in line else None
