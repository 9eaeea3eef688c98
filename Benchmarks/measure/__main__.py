"""Measures Freshet beside its peers, and prints a table: `make bench` builds what it needs."""
import argparse
import os
import sys
from pathlib import Path

if not __package__:
    # As `python3 Benchmarks/measure` starts it.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.aims import AIMS, Verdict
from measure.case import Bench
from measure.cases import CASES, GROUPS
from measure.chart import chart
from measure.libraries import LIBRARIES, chosen
from measure.limits import raise_open_files
from measure.machine import machine, versions
from measure.record import record
from measure.results import Results
from measure.rounds import play
from measure.table import aims_table, missing_lines, tables
from measure.workspace import workspace


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/measure", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a run takes about")
    parser.add_argument("--quick", action="store_true", help="two rounds of short runs")
    parser.add_argument("--only", default=",".join(GROUPS), help=f"groups of cases: {','.join(GROUPS)}")
    parser.add_argument("--peers", default=",".join(library.name for library in LIBRARIES))
    parser.add_argument("--out", type=Path, help="a folder for results.md, results.json and chart.svg")
    result = parser.parse_args()
    if unknown := set(result.only.split(",")) - set(GROUPS):
        parser.error(f"no group is called {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    if result.quick:
        result.rounds, result.seconds = 2, 0.4
    return result


def cores() -> tuple[int | None, int | None]:
    """One for servers and one for clients."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        print("there is one core only: server and client share it, and no ratio is worth much")
        return None, None
    return usable[0], usable[1]


def report(results: Results, options: argparse.Namespace) -> str:
    facts = [f"{key} {value}" for key, value in {**machine(), **versions()}.items() if value != "–"]
    verdicts = [aim.verdict(results) for aim in AIMS]
    tally = ", ".join(f"{verdicts.count(verdict)} {verdict.value}" for verdict in Verdict)
    return "\n".join([
        f"Medians (least–most) of {options.rounds} rounds, runs of {options.seconds:g} s; ÷ is Freshet by the peer.",
        f"{', '.join(facts)}.", "", tables(results), "", *(f"{line}  " for line in missing_lines(results)), "",
        aims_table(results), "", f"Of {len(AIMS)} aims: {tally}."])


def main() -> None:
    options = arguments()
    raise_open_files()
    server_core, client_core = cores()
    cases = [case for case in CASES if case.group in options.only.split(",")]
    libraries = chosen(options.peers.split(","))
    with workspace() as space:
        bench = Bench(space, server_core, client_core, options.seconds)
        results = play(cases, libraries, bench, options.rounds)
    text = report(results, options)
    print(f"\n{text}")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "results.md").write_text(f"{text}\n")
        (options.out / "results.json").write_text(record(results, options.rounds, options.seconds))
        (options.out / "chart.svg").write_text(chart(results))


if __name__ == "__main__":
    main()
