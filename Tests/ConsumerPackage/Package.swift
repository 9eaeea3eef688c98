// swift-tools-version: 6.2
// What a user's package looks like: it depends on Freshet, and its stubs are generated while it is built.
// swift-format-ignore-file
import PackageDescription

let package = Package(
  name: "consumer",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "freshet", path: "../..")],
  targets: [
    .executableTarget(
      name: "consumer", dependencies: [.product(name: "Freshet", package: "freshet")],
      plugins: [.plugin(name: "GenerateStubsAtBuildTime", package: "freshet")]),
    // README
    .executableTarget(
      name: "app", dependencies: [.product(name: "Freshet", package: "freshet")],
      plugins: [.plugin(name: "GenerateStubsAtBuildTime", package: "freshet")])
    // end
  ])
