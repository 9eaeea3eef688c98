"""Compiles generated messages and stubs with the settings that users have.

    matrix.py [--part] --build FOLDER [--public FOLDER...]

FOLDER is the bin path of a build of this package: its modules are what stubs are compiled with. What a package's tools
version, its language mode and its upcoming features mean to stubs are flags of swiftc, so a setting costs seconds, not a
build; that both plugins and protoc's give the same files is `Tests/ConsumerPackage`'s and FreshetCommandTests' matter.
With --part, each setting comes once or twice; else each with all that it may meet, and the schemas of the public folders.
"""

import argparse
import concurrent.futures
import glob
import itertools
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(ROOT, "Tests/StubGeneratorTests/Golden/Schemas")
VISIBILITIES = ["internal", "package", "public"]
MODES = ["5", "6"]  # tools version 5.9, and 6.0 and later
FEATURES = [
    "InternalImportsByDefault", "MemberImportVisibility", "ExistentialAny", "NonisolatedNonsendingByDefault",
    "InferIsolatedConformances", "StrictConcurrency", "InferSendableFromCaptures", "GlobalActorIsolatedTypesUsability",
    "DisableOutwardActorInference", "RegionBasedIsolation", "ImplicitOpenExistentials", "IsolatedDefaultValues",
    "ConciseMagicFile", "BareSlashRegexLiterals", "DynamicActorIsolation",
]
IN_MODE_6 = {
    "StrictConcurrency", "InferSendableFromCaptures", "GlobalActorIsolatedTypesUsability", "DisableOutwardActorInference",
    "RegionBasedIsolation", "ImplicitOpenExistentials", "IsolatedDefaultValues", "ConciseMagicFile", "BareSlashRegexLiterals",
    "DynamicActorIsolation",
}


def features_of(mode):
    return [name for name in FEATURES if mode == "5" or name not in IN_MODE_6]


def settings(part):
    """The combinations to compile: (visibility, mode, features, isolation)."""
    if part:
        chosen = ["InternalImportsByDefault", "MemberImportVisibility"]
        for visibility, mode, isolated in itertools.product(VISIBILITIES, MODES, (False, True)):
            on = features_of(mode) if (mode == "6") != isolated else []
            yield visibility, mode, tuple(on), isolated
        yield "internal", "6", ("MemberImportVisibility",), False
        yield "public", "5", tuple(chosen), True
        return
    for visibility, mode, isolated in itertools.product(VISIBILITIES, MODES, (False, True)):
        names = features_of(mode)
        yield visibility, mode, (), isolated
        yield visibility, mode, tuple(names), isolated
        for name in names:
            yield visibility, mode, (name,), isolated
            yield visibility, mode, tuple(other for other in names if other != name), isolated


def describe(setting):
    visibility, mode, features, isolated = setting
    return f"{visibility}, mode {mode}, {'MainActor, ' if isolated else ''}{' '.join(features) or 'no features'}"


class Compilation:
    def __init__(self, build):
        self.build = build
        self.modules = ["-I", os.path.join(build, "Modules")]
        maps = glob.glob(f"{ROOT}/Sources/C*/module.modulemap") + glob.glob(f"{build}/C*.build/module.modulemap")
        maps += glob.glob(f"{ROOT}/.build/checkouts/*/Sources/*/include/module.modulemap")
        for path in maps:
            self.modules += ["-Xcc", "-fmodule-map-file=" + path]

    def generate(self, schemas, root, out, visibility, *more):
        os.makedirs(out, exist_ok=True)
        command = [
            os.path.join(self.build, "freshet"), "generate", *schemas, "--proto-path", root, "--out", out,
            "--visibility", visibility, "--file-naming", "path-to-underscores", *more]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{result.stderr}")
        return sorted(glob.glob(out + "/*.swift"))

    def flags(self, setting):
        _, mode, features, isolated = setting
        flags = ["-swift-version", mode, "-package-name", "matrix", "-warnings-as-errors", *self.modules]
        for name in features:
            flags += ["-enable-upcoming-feature", name]
        if isolated:
            flags += ["-default-isolation", "MainActor"]
        return flags

    def check(self, files, setting, *more):
        command = ["swiftc", "-typecheck", "-module-name", "App", *self.flags(setting), *more, *files]
        return subprocess.run(command, capture_output=True, text=True)


class Unit:
    """The files of a module: the generated ones, per visibility, and those of an application."""

    def __init__(self, name, generated, application=(), flags=()):
        self.name, self.generated, self.application, self.flags = name, generated, list(application), list(flags)


def own_units(compilation, folder):
    def generated(name, schemas, root, *more):
        return {
            visibility: compilation.generate(schemas, root, f"{folder}/{name}-{visibility}", visibility, *more)
            for visibility in VISIBILITIES}

    def schema(name):
        return [os.path.join(HERE, "Schemas", name)]

    golden = sorted(glob.glob(GOLDEN + "/*.proto"))
    schemas = os.path.join(HERE, "Schemas")
    application = generated("app", schema("app.proto"), schemas)
    application["internal"].append(os.path.join(HERE, "PublicService.swift"))
    return [
        Unit("golden", generated("golden", golden, GOLDEN)),
        Unit("error", generated("error", schema("error.proto"), schemas)),
        Unit("hiding", generated("hiding", schema("hiding.proto"), schemas)),
        Unit("application", application, [os.path.join(HERE, "Application.swift")]),
        mapped_unit(compilation, folder),
    ]


def mapped_unit(compilation, folder):
    """Stubs for messages of another module, by module mappings."""
    mappings = f"{folder}/mappings.textproto"
    with open(mappings, "w", encoding="utf-8") as file:
        file.write('mapping { module_name: "Messages" proto_file_path: "mapped/page.proto" proto_file_path: "mapped/item.proto" }\n')
    root = os.path.join(HERE, "Schemas")
    messages = [f"{root}/mapped/{name}.proto" for name in ("page", "item")]
    files = compilation.generate(messages, root, f"{folder}/messages", "public", "--module-mappings", mappings)
    command = [
        "swiftc", "-emit-module", "-module-name", "Messages", "-package-name", "matrix", "-swift-version", "6",
        "-o", f"{folder}/Messages.swiftmodule", *compilation.modules, *files]
    subprocess.run(command, check=True)
    stubs = {
        visibility: compilation.generate(
            [f"{root}/mapped/library.proto"], root, f"{folder}/mapped-{visibility}", visibility, "--module-mappings", mappings)
        for visibility in VISIBILITIES}
    return Unit("mapped", stubs, flags=["-I", folder])


def public_units(compilation, folder, roots):
    for root in roots:
        for path in sorted(glob.glob(root + "/**/*.proto", recursive=True)):
            with open(path, "rb") as file:
                if b"\nservice " not in file.read():
                    continue
            name = os.path.relpath(path, root).replace("/", "_")
            out = f"{folder}/{os.path.basename(root)}-{name}"
            closure = with_imports(path, root)
            try:
                files = compilation.generate(closure, root, out, "public")
            except SystemExit as failure:
                print(f"left out: {name}: {str(failure).splitlines()[-1]}")
                continue
            yield Unit(name, {"public": files})


def with_imports(path, root):
    """The schema and its imports from the same root."""
    found, todo = [], [path]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        found.append(current)
        with open(current, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("import ") and '"' in line:
                    imported = os.path.join(root, line.split('"')[1])
                    if os.path.exists(imported) and "/google/protobuf/" not in imported:
                        todo.append(imported)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--part", action="store_true")
    parser.add_argument("--public", nargs="*", default=[])
    arguments = parser.parse_args()
    compilation = Compilation(os.path.abspath(arguments.build))
    with tempfile.TemporaryDirectory() as folder:
        work = []
        units = own_units(compilation, folder)
        for setting in settings(arguments.part):
            work += [(unit, setting) for unit in units]
        if not arguments.part:
            everything = tuple(features_of("6"))
            for unit in public_units(compilation, folder, arguments.public):
                work += [(unit, ("public", "6", (), False)), (unit, ("public", "6", everything, True))]
        failures = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            def check(item):
                unit, setting = item
                return compilation.check(unit.generated[setting[0]] + unit.application, setting, *unit.flags)

            for (unit, setting), result in zip(work, pool.map(check, work)):
                if result.returncode != 0 or result.stderr.strip():
                    failures += 1
                    if failures <= 10:
                        errors = [line for line in result.stderr.splitlines() if "error:" in line] or [result.stderr[-2000:]]
                        print(f"error: {unit.name}: {describe(setting)}:", *errors[:5], sep="\n  ")
        print(f"generated stubs compile in {len(work) - failures} of {len(work)} settings")
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
