#!/bin/bash
# Builds the consumer package with other tools versions, with stubs by the build plugin.
# Usage: packages.sh SCRATCH-FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$root/Tests/ConsumerPackage/Sources" "$folder"

package() {  # TOOLS-VERSION SWIFT-SETTINGS
  cat > "$folder/Package.swift" <<EOF
// swift-tools-version: $1
import PackageDescription
let package = Package(
  name: "consumer", platforms: [.macOS("15.0")], dependencies: [.package(name: "freshet", path: "$root")],
  targets: [
    .executableTarget(
      name: "consumer", dependencies: [.product(name: "Freshet", package: "freshet")], swiftSettings: [$2],
      plugins: [.plugin(name: "GenerateStubsAtBuildTime", package: "freshet")])
  ])
EOF
  swift build --package-path "$folder" --scratch-path "$scratch"
}

scratch=$1
package 5.9 ''
package 6.0 ''
package 6.0 '.swiftLanguageMode(.v5)'
package 6.2 '.enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility")'
package 6.2 '.defaultIsolation(MainActor.self)'
echo "the consumer's package builds with tools versions 5.9, 6.0 and 6.2"
