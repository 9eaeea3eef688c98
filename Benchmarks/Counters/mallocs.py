#!/usr/bin/env python3
"""Counts a server's allocations per unary call: mallocs.py [LIBRARY…]

Two loads of h2load on one connection, 100 calls at once, that differ in their number of calls; the difference of the
allocations by the difference of the calls, so that what a connection or the start takes is left out. With
`--metadata N` each call bears N entries, with `--deadline` a time-out.
"""
import argparse
import json
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.h2load import Load, h2load
from measure.headers import call_headers
from measure.libraries import NGHTTPD, Library, chosen
from measure.server import running
from measure.workspace import Workspace, workspace
from preload import built

FEW, MANY = 2_000, 22_000


def count(library: Library, interposer: Path, space: Workspace, headers: tuple[str, ...]) -> tuple[float, float]:
    """Allocations and requested bytes of one call."""
    counter = space.folder / f"counter-{library.name}"
    environment = {"LD_PRELOAD": str(interposer), "MALLOC_COUNTER": str(counter)}
    with running(library, space, environment=environment) as server:
        def taken(calls: int) -> tuple[int, int]:
            before = struct.unpack("=QQ", counter.read_bytes())
            result = h2load(server.port, Load(calls, at_once=100, headers=headers), space)
            if result.succeeded != calls:
                raise RuntimeError(f"{library.title} answered {result.succeeded} of {calls} calls")
            after = struct.unpack("=QQ", counter.read_bytes())
            return after[0] - before[0], after[1] - before[1]

        taken(FEW)  # what happens only once
        few, many = taken(FEW), taken(MANY)
    return (many[0] - few[0]) / (MANY - FEW), (many[1] - few[1]) / (MANY - FEW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", default=["freshet"])
    parser.add_argument("--metadata", type=int, default=0)
    parser.add_argument("--deadline", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    headers = call_headers(arguments.metadata, arguments.deadline)
    with workspace() as space:
        interposer = built("mallocs", space)
        for library in chosen(arguments.libraries):
            if library is NGHTTPD:
                print(f"{library.title} is left out: it has an allocator of its own, jemalloc")
                continue
            calls, size = count(library, interposer, space, headers)
            if arguments.json:
                print(json.dumps({library.name: calls}))
            else:
                print(f"{library.title:14} {calls:7.2f} mallocs, {size:8.0f} bytes asked for, for each unary call")


if __name__ == "__main__":
    main()
