#!/usr/bin/env python3
"""Counts a server's user-space instructions per echoed WebSocket message: socket_instructions.py [LIBRARY…]

As instructions.py counts those of a unary call: two runs under callgrind, the difference of the counts by the difference
of the messages. `--connections`, `--bytes`; `--functions` and `--keep` are as there.
"""
import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.libraries import FRESHET, Library, chosen
from measure.server import running
from measure.socket_load import sockets
from measure.workspace import Workspace, workspace
from callgrind import Profile, read_profile
from instructions import show, without_debug_information
from preload import built

FEW, MANY = 2_000, 6_000


def count(library: Library, space: Workspace, keep: Path, connections: int, size: int) -> Profile:
    library = without_debug_information(library, space)
    if library.name == FRESHET.name:
        library = replace(library, server_options=("--web",))
    environment = {"LD_PRELOAD": f"{built('sigsuspend', space)}:{built('slowclock', space)}"}

    def run(messages: int) -> Profile:
        output = keep / f"callgrind.websocket.{library.name}.{messages}"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--quiet"]
        with running(library, space, wrapper=valgrind, environment=environment) as server:
            with sockets(server, connections, core=None) as opened:
                opened.run(messages, size)
        return read_profile(output)

    few, many = run(FEW), run(MANY)
    return (many - few) / (MANY - FEW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", default=["freshet"])
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--bytes", type=int, default=16)
    parser.add_argument("--functions", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with workspace() as space:
        for library in chosen(arguments.libraries):
            profile = count(library, space, arguments.keep or space.folder, arguments.connections, arguments.bytes)
            print(f"{library.title:14} {profile.total:9.0f} instructions for each message")
            if arguments.functions:
                show(profile, arguments.functions)


if __name__ == "__main__":
    main()
