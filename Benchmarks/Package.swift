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
let freshetStreams = Target.Dependency.product(name: "FreshetStreams", package: "freshet")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    // A link to the folder above: SwiftPM takes a package's identity from its folder's name, whatever a clone is called.
    .package(path: "freshet"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
  ],
  targets: [
    // Messages and stubs, written by `freshet generate` and committed.
    .target(
      name: "BenchMessages", dependencies: [freshet, swiftProtobuf], path: "Generated/Freshet", swiftSettings: settings),

    // Freshet's server and client, beside which those of the peers run.
    .executableTarget(
      name: "freshet-bench", dependencies: [freshet, "BenchMessages", argumentParser, nioPosix],
      swiftSettings: settings),

    // What an element of a stream costs.
    .executableTarget(
      name: "stream-bench", dependencies: [freshetStreams, asyncAlgorithms],
      swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
  ])
