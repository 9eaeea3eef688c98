// swift-tools-version: 6.2
// What Freshet is measured with. A package of its own, because it depends on what Freshet is compared with.
import PackageDescription

/// As the package's own: warnings are errors.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let freshet = Target.Dependency.product(name: "Freshet", package: "freshet")
let freshetWeb = Target.Dependency.product(name: "FreshetWeb", package: "freshet")
let freshetStreams = Target.Dependency.product(name: "FreshetStreams", package: "freshet")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    // A link to the folder above: SwiftPM takes a package's identity from its folder's name, whatever a clone is called.
    .package(path: "freshet"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.4.1"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
  ],
  targets: [
    // What the programs in Swift measure and print alike.
    .target(name: "BenchReport", dependencies: [argumentParser], swiftSettings: settings),

    // Messages and stubs, written by `freshet generate` and committed.
    .target(
      name: "BenchMessages", dependencies: [freshet, swiftProtobuf], path: "Generated/Freshet", swiftSettings: settings),

    // Freshet's server and client, beside which those of the peers run.
    .executableTarget(
      name: "freshet-bench",
      dependencies: [
        "BenchReport", "BenchMessages", freshet, freshetStreams, freshetWeb, argumentParser, nioCore, nioPosix,
      ],
      swiftSettings: settings),

    // Messages and stubs of grpc-swift-2, written by its own plugin for protoc and committed.
    .target(
      name: "GRPCSwiftMessages", dependencies: [grpcCore, grpcProtobuf, swiftProtobuf], path: "Generated/GRPCSwift"),

    // The peer by grpc-swift-2.
    .executableTarget(
      name: "grpc-swift-bench",
      dependencies: [
        "BenchReport", "GRPCSwiftMessages", grpcCore, grpcTransport, swiftProtobuf, argumentParser, nioPosix,
      ],
      swiftSettings: settings),

    // What an element of a stream costs.
    .executableTarget(
      name: "stream-bench", dependencies: [freshetStreams, asyncAlgorithms],
      swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
  ])
