"""Runs a library's client and reads its line of output."""
import json

from .libraries import Library
from .patience import ended


def run_client(
    library: Library, port: int, mode: str, x: int, y: float, options: list[str] = [], *, core: int | None,
    wrapper: list[str] = [],
) -> dict[str, float]:
    """Runs under another program if there is a wrapper."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    command = [*pinned, *wrapper, *library.client(port, mode, x, y, options)]
    client = ended(command)
    if client.returncode != 0:
        raise RuntimeError(f"the client ended with {client.returncode}: {_gist(client.stderr)}")
    return json.loads(client.stdout.splitlines()[-1])


def _gist(output: str) -> str:
    """The first non-empty line; a crash may print hundreds."""
    return next((line.strip()[:200] for line in output.splitlines() if line.strip()), "it wrote nothing")
