#!/usr/bin/env python3
"""Counts a server's user-space instructions per unary call: instructions.py [LIBRARY…]

Counted by valgrind's callgrind on a server that h2load calls, one connection, 100 calls at once: two runs that differ
in their number of calls, the difference of the counts by the difference of the calls. The server's clock is as slow as
valgrind makes the server, so the count hardly depends on the machine and what else it does: runs differ by 0.2 %. Fails if
Freshet's is above BOUND.

`--functions N` prints the N functions that take most of them, `--keep FOLDER` keeps callgrind's files for
callgrind_annotate. `--metadata N` gives each call N entries, `--deadline` a time-out, `--tls` runs over TLS. `--protocol`
counts another protocol than gRPC (Freshet alone), `--http1` over HTTP/1.1 on 100 connections.
"""
import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.h2load import Load, h2load
from measure.headers import call_headers
from measure.libraries import FRESHET, Library, chosen
from measure.request import GRPC, PROTOCOLS
from measure.server import running
from measure.workspace import Workspace, workspace
from callgrind import Profile, demangled, read_profile
from preload import built

# Lower it after improvements; the goal is in `measure/aims.py`.
BOUND = 28_700
FEW, MANY = 1_000, 3_000


def count(library: Library, space: Workspace, keep: Path, load: Load, tls: bool) -> Profile:
    """The instructions of one call, by function."""
    library = without_debug_information(library, space)
    environment = {"LD_PRELOAD": f"{built('sigsuspend', space)}:{built('slowclock', space)}"}

    def run(calls: int) -> Profile:
        output = keep / f"callgrind.{library.name}.{calls}"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--quiet"]
        with running(library, space, tls=tls, wrapper=valgrind, environment=environment) as server:
            result = h2load(server.port, replace(load, calls=calls), space, tls=tls)
            if result.succeeded != calls:
                raise RuntimeError(f"{library.title} answered {result.succeeded} of {calls} calls")
        return read_profile(output)

    few, many = run(FEW), run(MANY)
    return (many - few) / (MANY - FEW)


def without_debug_information(library: Library, space: Workspace) -> Library:
    """Debian's valgrind rejects Swift's debug information, which is DWARF 5; function names are kept."""
    stripped = space.folder / library.program.name
    subprocess.run(["strip", "--strip-debug", "-o", stripped, library.program], check=True)
    return replace(library, program=stripped)


def show(profile: Profile, functions: int) -> None:
    print("    by object:")
    for name, instructions in profile.by_object().most_common(8):
        print(f"      {instructions:9.0f}  {name}")
    print("    by function, what it calls left out:")
    largest = profile.by_function().most_common(functions)
    names = demangled([name for (_, name), _ in largest])
    for ((_, _), instructions), name in zip(largest, names):
        print(f"      {instructions:9.0f}  {name[:200]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", default=["freshet"])
    parser.add_argument("--functions", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--metadata", type=int, default=0)
    parser.add_argument("--deadline", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=GRPC.name)
    parser.add_argument("--http1", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    load = Load(
        MANY, headers=call_headers(arguments.metadata, arguments.deadline), protocol=PROTOCOLS[arguments.protocol],
        **({"connections": 100, "http1": True} if arguments.http1 else {"at_once": 100}))
    is_web = arguments.http1 or load.protocol is not GRPC
    plain = not (arguments.metadata or arguments.deadline or arguments.tls or is_web)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    too_many = False
    with workspace() as space:
        for library in chosen(arguments.libraries):
            measured = replace(library, server_options=("--web",)) if is_web else library
            profile = count(measured, space, arguments.keep or space.folder, load, arguments.tls)
            if arguments.json:
                print(json.dumps({library.name: profile.total}))
            else:
                print(f"{library.title:14} {profile.total:9.0f} instructions for each unary call")
            if arguments.functions:
                show(profile, arguments.functions)
            too_many |= library is FRESHET and plain and profile.total > BOUND
    if too_many:
        sys.exit(f"Freshet's are more than {BOUND}, the bound")


if __name__ == "__main__":
    main()
