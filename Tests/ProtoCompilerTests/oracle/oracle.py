"""Compares the descriptors of `freshet descriptors` with protoc's for every schema below some folders.

    oracle.py --freshet PROGRAM [--list] FOLDER...

Debian's protoc judges; a schema that it refuses, or sees differently, is judged by the newer one of grpcio-tools, which has
other rules for comments on one line and for options with source retention; one that both refuse must be refused by ours. Descriptors are compared as parsed messages, those of imports, comments and places included.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2, text_format

BUNDLED = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
SYSTEM = "/usr/include"
IMPORT = re.compile(rb'^\s*import\s+(?:public\s+|weak\s+|option\s+)?"([^"]+)"', re.M)
UNSTABLE = re.compile(rb'^\s*edition\s*=\s*"UNSTABLE"', re.M)
PACKAGE = re.compile(rb"^\s*package\s+([\w.]+)\s*;", re.M)


class Schemas:
    """The schemas below one folder, and their proto paths."""

    def __init__(self, folder):
        self.paths = sorted(
            os.path.join(where, name)
            for where, _, names in os.walk(folder) for name in names if name.endswith(".proto"))
        self.imports = {}
        self.packages = {}
        self.by_base = {}
        self.unstable = []
        for path in list(self.paths):
            with open(path, "rb") as file:
                text = file.read()
            if UNSTABLE.search(text):
                self.paths.remove(path)
                self.unstable.append(path)
            self.imports[path] = [name.decode(errors="replace") for name in IMPORT.findall(text)]
            package = PACKAGE.search(text)
            self.packages[path] = package.group(1).decode() if package else ""
            self.by_base.setdefault(os.path.basename(path), []).append(path)

    def find(self, name, near):
        """The file an import refers to: of those with a matching path suffix, the closest to the importing file."""
        found = [p for p in self.by_base.get(os.path.basename(name), []) if p.endswith("/" + name)]
        return max(found, key=lambda p: len(os.path.commonpath([p, near])), default=None)

    def roots(self, path):
        roots, todo, seen = [], [path], set()
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            for name in self.imports.get(current, []):
                target = self.find(name, current)
                if target is None:
                    continue
                root = target[: -len(name) - 1]
                if root not in roots:
                    roots.append(root)
                todo.append(target)
        holding = [root for root in roots if path.startswith(root + "/")]
        if not holding:
            folder = os.path.dirname(path)
            tail = "/" + self.packages[path].replace(".", "/")
            roots.insert(0, folder[: -len(tail)] if tail != "/" and folder.endswith(tail) else folder)
        return roots


def run(command):
    return subprocess.run(command, capture_output=True, timeout=300)


def descriptors(command, output):
    result = run(command)
    if result.returncode != 0:
        return None, result.stderr.decode(errors="replace")
    with open(output, "rb") as file:
        return descriptor_pb2.FileDescriptorSet.FromString(file.read()), ""


def judge(freshet, schemas, path):
    roots = schemas.roots(path)
    with tempfile.TemporaryDirectory() as folder:
        theirs_path, ours_path = os.path.join(folder, "theirs"), os.path.join(folder, "ours")
        flags = ["--include_imports", "--include_source_info", "--descriptor_set_out=" + theirs_path]
        include = SYSTEM
        name = min((path[len(r) + 1:] for r in roots if path.startswith(r + "/")), key=len)
        paths = [f"-I{root}" for root in roots]

        def compile_ours(include):
            ours_flags = [flag for root in roots + [include] for flag in ("--proto-path", root)]
            return descriptors([freshet, "descriptors", name, *ours_flags, "--out", ours_path], ours_path)

        theirs, reason = descriptors(["protoc", *paths, f"-I{SYSTEM}", *flags, name], theirs_path)
        if theirs is not None:
            ours, _ = compile_ours(SYSTEM)
            if ours is not None and not compare(ours, theirs):
                return ("equal", "")
        young = [sys.executable, "-m", "grpc_tools.protoc", *paths, f"-I{BUNDLED}", *flags, name]
        theirs, newer = descriptors(young, theirs_path)
        ours, findings = compile_ours(BUNDLED)
        if theirs is not None and ours is not None and compare(ours, theirs):
            # protoc drops source-retention options and then re-encodes others.
            whole, _ = descriptors(young + ["--retain_options"], theirs_path)
            for i, file in enumerate(whole.file if whole is not None else []):
                if i < len(ours.file) and file == ours.file[i]:
                    theirs.file[i].CopyFrom(file)
        if theirs is None:
            return ("refused", "") if ours is None else ("not refused", newer or reason)
        if ours is None:
            return ("refused by ours", findings)
        difference = compare(ours, theirs)
        return ("different", difference) if difference else ("equal, newer", "")


def compare(ours, theirs):
    if [f.name for f in ours.file] != [f.name for f in theirs.file]:
        return f"files {[f.name for f in ours.file]}, protoc {[f.name for f in theirs.file]}"
    for a, b in zip(ours.file, theirs.file):
        if a.SerializeToString(deterministic=True) == b.SerializeToString(deterministic=True):
            continue
        lines_a, lines_b = (text_format.MessageToString(m, print_unknown_fields=True).splitlines() for m in (a, b))
        for i in range(max(len(lines_a), len(lines_b))):
            x, y = (lines[i] if i < len(lines) else "(end)" for lines in (lines_a, lines_b))
            if x != y:
                context = "\n        ".join(lines_b[max(0, i - 12): i])
                return f"{a.name}, line {i}\n        {context}\n      ours:   {x}\n      protoc: {y}"
        return f"{a.name}: differs in the bytes alone"
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--freshet", required=True)
    parser.add_argument("--match", default="")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {}
        for folder in options.folders:
            schemas = Schemas(os.path.abspath(folder))
            if schemas.unstable:
                print(f"set aside: {len(schemas.unstable)} files of edition UNSTABLE, which is for protoc's own tests")
            for path in schemas.paths:
                if options.match in path:
                    jobs[pool.submit(judge, options.freshet, schemas, path)] = path
        for job in concurrent.futures.as_completed(jobs):
            verdict, detail = job.result()
            counts[verdict] = counts.get(verdict, 0) + 1
            if detail:
                print(f"{verdict}: {jobs[job]}\n    {detail.strip()[:3000]}")
    equal = counts.get("equal", 0) + counts.get("equal, newer", 0)
    compared = equal + counts.get("different", 0) + counts.get("refused by ours", 0)
    print(", ".join(f"{verdict}: {count}" for verdict, count in sorted(counts.items())))
    print(f"oracle: {compared} files compared with protoc, {equal} equal "
          f"({counts.get('equal, newer', 0)} of them judged by grpcio-tools' protoc); "
          f"{counts.get('refused', 0)} refused by all")
    if equal < compared or counts.get("not refused"):
        sys.exit(1)


main()
