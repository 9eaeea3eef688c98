// swift-tools-version: 6.2
// What an element of a stream costs. A package of its own, because it depends on what Freshet is compared with.
import PackageDescription

let package = Package(
  name: "stream-bench",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "freshet", path: "../.."),
    .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
  ],
  targets: [
    .executableTarget(
      name: "stream-bench",
      dependencies: [
        .product(name: "FreshetStreams", package: "freshet"),
        .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
      ],
      swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")])
  ])
