#!/usr/bin/env python3
"""Counts a client's user-space instructions per call: client_instructions.py [LIBRARY…]

Counted by valgrind's callgrind on a client that calls Freshet's server: two runs that differ in their length, the
difference of the counts by the difference of the calls. All threads are added up. valgrind runs one of them at a time, so
who finds whom asleep is not as elsewhere: the counts vary by a few percent.

`--mode bidi` counts the turns of a ping-pong instead of unary calls, 64 at once; `--on-loop` has Freshet's client call
from its event loop. `--functions`, `--keep` and `--json` are those of instructions.py.
"""
import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.client import run_client
from measure.libraries import FRESHET, Library, chosen
from measure.server import running
from measure.workspace import Workspace, workspace
from callgrind import Profile, read_profile
from instructions import show, without_debug_information
from preload import built

# Concurrent calls and seconds, which are some thousand calls under valgrind; turns and bytes.
RUNS = {"unary": [(64, 2), (64, 6)], "bidi": [(1_000, 16), (4_000, 16)]}


def count(library: Library, space: Workspace, keep: Path, mode: str, options: list[str]) -> Profile:
    """The instructions of one call, by function."""
    client = without_debug_information(library, space)
    preload = f"LD_PRELOAD={built('sigsuspend', space)}"

    def run(x: int, y: int) -> tuple[Profile, int]:
        output = keep / f"callgrind.{library.name}.{mode}.{x}.{y}"
        valgrind = ["env", preload, "valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--quiet"]
        with running(FRESHET, space) as server:
            result = run_client(client, server.port, mode, x, y, options, core=None, wrapper=valgrind)
        return read_profile(output), int(result["n"])

    (few, few_calls), (many, many_calls) = (run(x, y) for x, y in RUNS[mode])
    return (many - few) / (many_calls - few_calls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", default=["freshet"])
    parser.add_argument("--mode", choices=RUNS, default="unary")
    parser.add_argument("--on-loop", action="store_true")
    parser.add_argument("--functions", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with workspace() as space:
        for library in chosen(arguments.libraries):
            options = ["--on-loop"] if arguments.on_loop and library is FRESHET else []
            profile = count(library, space, arguments.keep or space.folder, arguments.mode, options)
            if arguments.json:
                print(json.dumps({library.name: profile.total}))
            else:
                unit = "unary call" if arguments.mode == "unary" else "turn"
                print(f"{library.title:14} {profile.total:9.0f} instructions of the client for each {unit}")
            if arguments.functions:
                show(profile, arguments.functions)


if __name__ == "__main__":
    main()
