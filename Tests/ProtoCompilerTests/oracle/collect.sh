#!/bin/bash
# Downloads the packages of packages.txt and unpacks their schemas into the given folder, each package once.
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
grep -v '^#' "$here/packages.txt" | while read -r package; do
  [ -e "$folder/$package" ] && continue
  work=$(mktemp -d)
  (cd "$work" && apt-get download -qq "$package" >/dev/null 2>&1) || { echo "    $package cannot be fetched"; rm -rf "$work"; continue; }
  dpkg -x "$work"/*.deb "$work/files"
  mkdir -p "$folder/$package"
  (cd "$work/files" && find . -name '*.proto' -type f -exec cp --parents {} "$folder/$package" \;)
  rm -rf "$work"
done
