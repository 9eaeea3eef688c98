#!/bin/bash
# Installs the Autobahn test-suite for WebSocket, ported to Python 3, in a folder. Usage: build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
suite=autobahntestsuite-25.10.1

stamp=$(cat "$here"/{build.sh,port.py,requirements.txt} | sha256sum)
[[ $(cat "$folder/stamp" 2>/dev/null) == "$stamp" ]] && exit
rm -rf "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet -r "$here/requirements.txt"
"$folder/venv/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$folder" \
  "${suite/-/==}"
tar -xzf "$folder/$suite.tar.gz" -C "$folder"
"$folder/venv/bin/python" -W ignore "$here/port.py" "$folder/$suite/autobahntestsuite" \
  "$("$folder/venv/bin/python" -c 'import autobahn, os; print(os.path.dirname(autobahn.__file__))')"
mv "$folder/$suite/autobahntestsuite" "$folder/"
echo "$stamp" > "$folder/stamp"
