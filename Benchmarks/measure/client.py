"""Runs a library's client, and reads its line."""
import json
import subprocess

from .libraries import Library


class ClientFailed(RuntimeError):
    pass


def run_client(
    library: Library, port: int, mode: str, x: int, y: float, options: list[str] = [], *, core: int | None,
) -> dict[str, float]:
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    command = [*pinned, *library.client(port, mode, x, y, options)]
    try:
        ended = subprocess.run(command, text=True, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired as late:
        raise ClientFailed(f"the client did not end within {late.timeout:.0f} s") from None
    if ended.returncode != 0:
        raise ClientFailed(f"the client ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return json.loads(ended.stdout.splitlines()[-1])
