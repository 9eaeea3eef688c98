"""Waits for a number to settle."""
import time
from typing import Callable

_STILL = 5
_PAUSE_SECONDS = 0.2
_MOST_TURNS = 100
# Ignores small changes by a program's own housekeeping.
_TOLERANCE = 0.002


def settled(read: Callable[[], int]) -> int:
    """The result of `read` once it has been nearly constant for a second, or after 20 seconds."""
    last, still = read(), 0
    for _ in range(_MOST_TURNS):
        time.sleep(_PAUSE_SECONDS)
        now = read()
        still = still + 1 if abs(now - last) <= _TOLERANCE * last else 0
        last = now
        if still == _STILL:
            break
    return last
