"""The results as JSON, for other programs and later comparison."""
import json

from .aims import AIMS
from .machine import machine, versions
from .results import Results


def record(results: Results, rounds: int, seconds: float) -> str:
    return json.dumps({
        "machine": machine(),
        "versions": versions(),
        "rounds": rounds,
        "seconds": seconds,
        "figures": [
            {"key": figure.key, "title": figure.title, "unit": figure.unit, "better": figure.better.name.lower(),
             "samples": {library.name: samples.values for library in results.libraries
                         if (samples := results.of(figure.key, library.name))},
             "missing": {name: reason for (key, name), reason in results.missing.items() if key == figure.key}}
            for figure in results.figures],
        "aims": [
            {"key": aim.key, "bound": aim.text, "measured": aim.value(results), "verdict": aim.verdict(results).value}
            for aim in AIMS],
    }, indent=1, ensure_ascii=False) + "\n"
