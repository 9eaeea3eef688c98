#!/bin/bash
# Builds the package as a user would, with stubs that are generated meanwhile, runs it, and tries the command plugin.
# Usage: check.sh SCRATCH-FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
swift=(--package-path "$here" --scratch-path "$1")

swift build "${swift[@]}"
expected=$'Hello, consumer!\nHello 1, consumer!\nHello 2, consumer!\nHello 3, consumer!'
actual=$("$(swift build "${swift[@]}" --show-bin-path)/consumer")
[[ $actual == "$expected" ]] || { echo "error: the consumer says: $actual"; exit 1; }

# The same schemas by hand, into a folder that is thrown away.
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
generate() {
  swift package "${swift[@]}" --allow-writing-to-package-directory --allow-writing-to-directory "$out" \
    generate-stubs --target consumer --out "$out" "$@"
}
if generate --check; then echo "error: files that are not there pass --check"; exit 1; fi
generate
generate --check
files=$(cd "$out" && ls | tr '\n' ' ')
[[ $files == "greeter.pb.swift greeter.rpc.swift names.pb.swift " ]] || { echo "error: generated were $files"; exit 1; }
echo "the consumer's stubs were generated at build time and by the command plugin, and its calls work"
