#!/bin/bash
# Writes Generated/GRPCSwift anew, by the plugins of the very versions that grpc-swift-bench is linked with, and Debian's
# protoc: never by the one that swift-protobuf brings, which takes ten minutes to build.
set -euo pipefail
cd "$(dirname "$0")/.."
out=Generated/GRPCSwift
for plugin in protoc-gen-swift protoc-gen-grpc-swift-2; do swift build -c release --product "$plugin"; done
plugins=$(swift build -c release --show-bin-path)
protoc -IProtos bench/v1/bench.proto \
  --plugin="$plugins/protoc-gen-swift" --swift_out="$out" --swift_opt=Visibility=Public,FileNaming=DropPath \
  --plugin="$plugins/protoc-gen-grpc-swift-2" --grpc-swift-2_out="$out" \
  --grpc-swift-2_opt=Visibility=Public,FileNaming=DropPath
