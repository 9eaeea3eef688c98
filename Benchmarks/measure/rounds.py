"""Plays the cases: in each round every case, in each case every library in turn, so that what else the machine does at a
time meets all alike."""
import sys
import time

from .case import Bench, CannotRun, Case
from .libraries import Library
from .patience import TookTooLong
from .results import Results


def play(cases: list[Case], libraries: list[Library], bench: Bench, rounds: int) -> Results:
    results = Results(libraries)
    # Cases that timed out are not repeated.
    hopeless: set[tuple[Case, Library]] = set()
    begin = time.monotonic()
    for number in range(rounds):
        for case in cases:
            if case.once and number > 0:
                continue
            for library in libraries:
                if library not in case.libraries:
                    continue
                if (case, library) not in hopeless and not _take(case, library, bench, number, results):
                    hopeless.add((case, library))
            _say(f"round {number + 1} of {rounds}, {time.monotonic() - begin:5.0f} s: {case.figures[0].title}")
    return results


def _take(case: Case, library: Library, bench: Bench, number: int, results: Results) -> bool:
    """Whether to try again in the next round."""
    try:
        values = case.measure(bench, library)
    except (CannotRun, RuntimeError, OSError) as error:
        for figure in case.figures:
            results.add_missing(figure, library, str(error) or type(error).__name__)
        return not isinstance(error, TookTooLong)
    for figure in case.figures:
        results.add(figure, library, number, values[figure.key])
    return True


def _say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)
