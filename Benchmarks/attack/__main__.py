"""Attacks a Freshet server on this machine and prints how its neighbours fared: `make attack` builds what it needs."""
import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if not __package__:
    # As `python3 Benchmarks/attack` starts it.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attack.attacks import ATTACKS
from attack.ground import Attack
from attack.play import Row, play
from attack.round_trip import Throughput, measure
from attack.table import line, table, throughput_table
from measure.limits import raise_open_files
from measure.machine import machine

_ROUND_TRIPS = "round-trips"
_NAMES = [*(attack.name for attack in ATTACKS), _ROUND_TRIPS]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/attack", description=__doc__)
    parser.add_argument("--server", type=Path, required=True, help="the program `echo`")
    parser.add_argument("--only", default=",".join(_NAMES), help=f"which attacks: {','.join(_NAMES)}")
    parser.add_argument("--loops", type=int, default=1, help="the server's event loops; with one, every client shares it")
    parser.add_argument("--out", type=Path, help="a file for the table")
    result = parser.parse_args()
    result.only = result.only.split(",")
    if unknown := set(result.only) - set(_NAMES):
        parser.error(f"no attack is called {', '.join(unknown)}; there are {', '.join(_NAMES)}")
    if not result.server.is_file():
        parser.error(f"there is no program {result.server}")
    return result


def counting_library(folder: Path) -> Path | None:
    """The library that counts calls of accept, if it can be built."""
    library = folder / "accepts.so"
    source = Path(__file__).resolve().parent / "accepts.c"
    for compiler in ("cc", "gcc", "clang"):
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        try:
            if subprocess.run(command, capture_output=True).returncode == 0:
                return library
        except FileNotFoundError:
            continue
    return None


def attack_all(attacks: list[Attack], options: argparse.Namespace) -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="freshet-attack-") as folder:
        library = counting_library(Path(folder))
        for attack in attacks:
            start = time.monotonic()
            rows.append(play(attack, options.server.resolve(), options.loops, library))
            print(f"{line(rows[-1])} ({attack.name}, {time.monotonic() - start:.0f} s)", flush=True)
    return rows


def stream_all(options: argparse.Namespace) -> list[Throughput]:
    rows = []
    for row in measure(options.server.resolve(), options.loops):
        rows.append(row)
        print(f"{row.title}, {row.round_trip_milliseconds} ms: {row.megabytes_a_second:.2f} MB/s", flush=True)
    return rows


def main() -> int:
    options = arguments()
    raise_open_files()
    rows = attack_all([attack for attack in ATTACKS if attack.name in options.only], options)
    throughputs = stream_all(options) if _ROUND_TRIPS in options.only else []
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    parts = [f"{facts}; {options.loops} event loop{'s' if options.loops > 1 else ''}."]
    parts += [table(rows)] if rows else []
    parts += [throughput_table(throughputs)] if throughputs else []
    text = "\n\n".join(parts)
    print(f"\n{text}")
    if options.out:
        options.out.write_text(f"{text}\n")
    failures = [row for row in rows if row.failure]
    for row in failures:
        print(f"\n{row.attack.title}: {row.failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
