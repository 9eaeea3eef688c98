"""Compiles the stubs of services with many streaming methods, and fails unless the time grows linearly.

    large.py --build FOLDER [--methods N...] [-O]

FOLDER is the bin path of a build of this package. Times are those of the processor, for the whole module.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile

import matrix

KINDS = [("M", "stream N"), ("stream M", "N"), ("stream M", "stream N")]
# The permitted ratio of times for twice as many methods: quadratic time has a ratio of four.
MOST = 2.8


def schema(methods):
    lines = [f"  rpc Watch{number}({KINDS[number % 3][0]}) returns ({KINDS[number % 3][1]});" for number in range(methods)]
    return "\n".join(['syntax = "proto3";', "package large;", "message M {}", "message N {}", "service Large {", *lines, "}\n"])


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stderr[-4000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--methods", nargs="*", type=int, default=[250, 500, 1000])
    parser.add_argument("-O", action="store_true", dest="optimized")
    arguments = parser.parse_args()
    compilation = matrix.Compilation(os.path.abspath(arguments.build))
    last = None
    for methods in arguments.methods:
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/large.proto", "w", encoding="utf-8") as file:
                file.write(schema(methods))
            files = compilation.generate([f"{folder}/large.proto"], folder, f"{folder}/out", "public")
            flags = compilation.flags(("public", "6", (), False))
            mode = ["-O", "-wmo"] if arguments.optimized else ["-Onone", "-wmo"]
            command = ["swiftc", "-c", *mode, "-module-name", "Large", *flags, "-o", f"{folder}/large.o", *files]
            time = seconds(command)
        print(f"{methods} streaming methods compile in {time:.1f} s of CPU, {time / methods * 1000:.0f} ms each", flush=True)
        if last and time / last[1] > MOST ** math.log2(methods / last[0]):
            sys.exit(f"error: {methods} methods take {time / last[1]:.1f} times as long as {last[0]}")
        last = (methods, time)


if __name__ == "__main__":
    main()
