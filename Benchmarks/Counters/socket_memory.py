#!/usr/bin/env python3
"""Lists what an idle WebSocket keeps on the server's heap, by owner: socket_memory.py [LIBRARY…]

valgrind's DHAT records the live blocks at the heap's largest size, which is when all sockets are open. Two runs that
differ in their number of sockets, the difference of the bytes by the difference of the sockets. The allocator's own bytes
(about 16 a block) and its fragmentation are not in it. `--blocks N` lists the N largest kinds of blocks.
"""
import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure.libraries import FRESHET, Library, chosen
from measure.server import running
from measure.socket_load import sockets
from measure.workspace import Workspace, workspace
from callgrind import demangled
from instructions import without_debug_information
from preload import built

FEW, MANY = 100, 500
_OWNER = re.compile(r"\b(Freshet\w*|NIO\w+|swift::StackAllocator|freshet_bench)\b")
_NAMES = {"swift::StackAllocator": "frames of the task", "freshet_bench": "the program"}

Stack = tuple[str, ...]


def live_blocks(library: Library, space: Workspace, count: int) -> tuple[Counter[Stack], Counter[Stack]]:
    """Bytes and blocks at the heap's largest size, by the functions that allocated them."""
    output = space.folder / "dhat.json"
    valgrind = ["valgrind", "--tool=dhat", "--num-callers=16", f"--dhat-out-file={output}", "--quiet"]
    with running(library, space, wrapper=valgrind, environment={"LD_PRELOAD": str(built("sigsuspend", space))}) as server:
        with sockets(server, count, core=None):
            time.sleep(1)
        time.sleep(1)
    profile = json.loads(output.read_text())
    frames = [re.sub(r"^0x\w+: | \(in .*\)$", "", frame) for frame in profile["ftbl"]]
    sizes: Counter[Stack] = Counter()
    blocks: Counter[Stack] = Counter()
    for point in profile["pps"]:
        stack = tuple(frames[index] for index in point["fs"])
        sizes[stack] += point.get("gb", 0)
        blocks[stack] += point.get("gbk", 0)
    return sizes, blocks


def per_socket(library: Library, space: Workspace) -> list[tuple[float, float, Stack]]:
    library = without_debug_information(library, space)
    if library.name == FRESHET.name:
        library = replace(library, server_options=("--web",))
    (few, few_blocks), (many, many_blocks) = live_blocks(library, space, FEW), live_blocks(library, space, MANY)
    span = MANY - FEW
    return sorted((
        ((many[stack] - few[stack]) / span, (many_blocks[stack] - few_blocks[stack]) / span, stack)
        for stack in many.keys() | few.keys()), reverse=True)


def owner(names: list[str]) -> str:
    """Who called the allocator."""
    for name in names:
        if match := _OWNER.search(name):
            return _NAMES.get(match[1], match[1])
    return "others"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", default=["freshet", "floor"])
    parser.add_argument("--blocks", type=int, default=0)
    arguments = parser.parse_args()
    with workspace() as space:
        for library in chosen(arguments.libraries):
            rows = per_socket(library, space)
            known = sorted({name for _, _, stack in rows for name in stack})
            names = dict(zip(known, demangled(known, simplified=False)))
            print(f"{library.title}: {sum(row[0] for row in rows):.0f} bytes in {sum(row[1] for row in rows):.1f} blocks")
            sizes: Counter[str] = Counter()
            for size, _, stack in rows:
                sizes[owner([names[name] for name in stack])] += size
            for name, size in sizes.most_common():
                print(f"  {size:8.0f}  {name}")
            for size, count, stack in rows[:arguments.blocks]:
                path = [names[name] for name in stack if _OWNER.search(names[name])]
                print(f"    {size:8.0f} bytes in {count:.2f} blocks: {' < '.join(name[:90] for name in path[:3])}")


if __name__ == "__main__":
    main()
