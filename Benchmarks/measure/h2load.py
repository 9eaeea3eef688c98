"""Runs h2load, nghttp2's load generator, and parses its output."""
import re
from dataclasses import dataclass, field
from pathlib import Path

from .patience import ended
from .request import GRPC, METHOD, Protocol
from .workspace import Workspace


@dataclass(frozen=True)
class Load:
    """The number of calls, connections, and concurrent calls per connection."""

    calls: int
    connections: int = 1
    at_once: int = 1
    headers: tuple[str, ...] = ()
    protocol: Protocol = GRPC
    http1: bool = False


@dataclass(frozen=True)
class LoadResult:
    seconds: float
    succeeded: int
    failed: int
    # Per call, in order of completion, if requested.
    times: list[int] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.succeeded / self.seconds


def h2load(
    port: int, load: Load, space: Workspace, *, tls: bool = False, core: int | None = None, with_times: bool = False,
) -> LoadResult:
    log = space.folder / "h2load.times"
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    headers = [part for header in (*load.protocol.headers, *load.headers) for part in ("-H", header)]
    logging = [f"--log-file={log}"] if with_times else []
    data = ["-d", str(space.request_of(load.protocol))] if load.protocol.request is not None else []
    version = ["--h1"] if load.http1 else []
    command = [
        *pinned, "h2load", *version, f"-n{load.calls}", f"-c{load.connections}", f"-m{load.at_once}", *data,
        *logging, *headers, f"{'https' if tls else 'http'}://127.0.0.1:{port}{METHOD}"]
    return parse(ended(command).stdout, _microseconds(log) if with_times else [])


def parse(output: str, times: list[int] = []) -> LoadResult:
    """
    finished in 1.02s, 97000.12 req/s, 4.1MB/s
    requests: 100000 total, 100000 started, 100000 done, 100000 succeeded, 0 failed, 0 errored, 0 timeout
    """
    finished = re.search(r"finished in ([\d.]+)(us|ms|s|m)?, ", output)
    requests = re.search(r"requests: (\d+) total, .* (\d+) succeeded, (\d+) failed", output)
    if not finished or not requests:
        raise RuntimeError(f"h2load printed no result: {output[-500:]!r}")
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, None: 1.0}[finished[2]]
    total, succeeded = int(requests[1]), int(requests[2])
    return LoadResult(float(finished[1]) * unit, succeeded, total - succeeded, times)


def _microseconds(log: Path) -> list[int]:
    """The third column of h2load's log. Deletes the file, since h2load appends to it."""
    times = [int(line.split("\t")[2]) for line in log.read_text().splitlines()]
    log.unlink()
    return times
