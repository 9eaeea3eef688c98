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

# A main program as README shows it: a port in use ends it with one line and exit code 1, SIGTERM with 0.
app=$(swift build "${swift[@]}" --show-bin-path)/app
log=$(mktemp)
"$app" 0 >"$log" 2>/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT
for _ in {1..600}; do grep -q listening "$log" && break; sleep 0.1; done
port=$(sed 's/listening on //' "$log")
code=0
said=$("$app" "$port" 2>/dev/null) || code=$?
[[ $code == 1 && $said == "error: cannot listen on 127.0.0.1:$port: Address already in use"* && $said != *$'\n'* ]] ||
  { echo "error: at a port in use the app ends with $code and says: $said"; exit 1; }
[[ $("$app" keep "$port") == kept ]] || { echo "error: the app's client is not answered"; exit 1; }
kill "$server"
wait "$server" || { echo "error: after SIGTERM the app ends with $?"; exit 1; }

# So does a client whose server is gone.
code=0
said=$("$app" keep "$port" 2>/dev/null) || code=$?
[[ $code == 1 && $said == "error: UNAVAILABLE: "*"Connection refused"* && $said != *$'\n'* ]] ||
  { echo "error: without a server the client ends with $code and says: $said"; exit 1; }

# What is generated for {} by hand, beside the schemas; the target has the plugin for builds, so it goes again.
generated=$here/Sources/app/Generated
trap 'rm -rf "$log" "$generated"' EXIT
swift package "${swift[@]}" --allow-writing-to-package-directory generate-stubs --target app
files=$(cd "$generated" && ls | tr '\n' ' ')
[[ $files == "notes.pb.swift notes.rpc.swift " ]] || { echo "error: generated for {} were $files"; exit 1; }

# Now they are there twice, which the plugin says.
said=$(swift build "${swift[@]}" --target app 2>&1) && { echo "error: stubs that are there twice are built"; exit 1; }
[[ $said == *"the stubs of notes.proto are in the target “app” twice: $generated/notes."* ]] ||
  { echo "error: of stubs that are there twice the build says: $said"; exit 1; }
rm -rf "$generated"

# The same schemas by hand, into a folder that is thrown away.
out=$(mktemp -d)
trap 'rm -rf "$log" "$out"' EXIT
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
