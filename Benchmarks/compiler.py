"""Times `freshet descriptors` and protoc on the same schemas: whole processes, with imports, comments and places.

    compiler.py --freshet PROGRAM [--rounds N] ROOT[:FOLDER]...

Every ROOT is a folder that imports start from; all schemas below it (or below FOLDER in it) are compiled in one process.
The compilers take turns, and the fastest of their runs count: what else the machine does only makes runs slower.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time


def schemas(root, folder):
    found = []
    for where, _, names in os.walk(os.path.join(root, folder)):
        found += [os.path.relpath(os.path.join(where, n), root) for n in names if n.endswith(".proto")]
    return sorted(found)


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--freshet", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("roots", nargs="+")
    options = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "out")
        for argument in options.roots:
            root, _, folder = argument.partition(":")
            files = schemas(root, folder) if not folder.endswith(".proto") else [folder]
            protoc = ["protoc", "-I", root, "-I/usr/include", "--include_imports", "--include_source_info", "-o", out]
            freshet = [options.freshet, "descriptors", "-I", root, "-I", "/usr/include", "--out", out]
            times = {"protoc": [], "freshet": []}
            for _ in range(options.rounds):
                times["protoc"].append(seconds(protoc + files))
                times["freshet"].append(seconds(freshet + files))
            theirs, ours = min(times["protoc"]), min(times["freshet"])
            worst = max(worst, ours / theirs)
            size = os.path.getsize(out)
            print(f"{len(files):4} files, {size / 1024:7.0f} KiB of descriptors: protoc {theirs * 1000:6.1f} ms, "
                  f"freshet {ours * 1000:6.1f} ms, ratio {ours / theirs:.2f}  ({argument})")
    print(f"compiler: freshet takes {worst:.2f} times as long as protoc, at most")
    sys.exit(0)


main()
