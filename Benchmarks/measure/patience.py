"""Runs a load generator with a time limit."""
import subprocess

_SECONDS = 60


class TookTooLong(RuntimeError):
    pass


def ended(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, text=True, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise TookTooLong(f"no end within {_SECONDS} s") from None
