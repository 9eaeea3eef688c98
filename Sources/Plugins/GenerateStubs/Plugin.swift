// `swift package generate-stubs`: runs `freshet generate` for each target that has a freshet.json.
import Foundation
import PackagePlugin

@main
struct GenerateStubs: CommandPlugin {
  /// - Parameter arguments: `--target NAME`, may be repeated, limits the targets; all others are passed to `freshet`,
  ///   such as `--check`.
  func performCommand(context: PluginContext, arguments: [String]) async throws {
    var extractor = ArgumentExtractor(arguments)
    let names = extractor.extractOption(named: "target")
    let targets = names.isEmpty ? context.package.targets : try context.package.targets(named: names)
    let configured = targets.compactMap { target -> URL? in
      let configuration = target.directoryURL.appending(path: "freshet.json")
      return FileManager.default.fileExists(atPath: configuration.path) ? configuration : nil
    }
    if configured.isEmpty { throw Failure(description: "no target of the package has a freshet.json in its folder") }
    for configuration in configured {
      try run(context, ["generate", "--config", configuration.path] + extractor.remainingArguments)
    }
  }

  private func run(_ context: PluginContext, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = try context.tool(named: "FreshetCommand").url
    process.arguments = arguments + ["--protoc-gen-swift", try context.tool(named: "protoc-gen-swift").url.path]
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(description: "freshet \(arguments.joined(separator: " ")) failed")
    }
  }

  struct Failure: Error, CustomStringConvertible { var description: String }
}
