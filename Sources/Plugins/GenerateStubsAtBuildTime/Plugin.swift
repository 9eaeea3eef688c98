// Generates a target's messages and stubs while it is built, from the schemas in its folder.
import Foundation
import PackagePlugin

@main
struct GenerateStubsAtBuildTime: BuildToolPlugin {
  /// What the plugin itself has to know of the target's freshet.json; `freshet` reads the rest.
  private struct Configuration: Decodable {
    var inputs: [String]?
    var protoPaths: [String]?
  }

  func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
    let configurationFile = target.directoryURL.appending(path: "freshet.json")
    guard let data = FileManager.default.contents(atPath: configurationFile.path) else {
      throw Failure(description: "the target “\(target.name)” has no freshet.json in its folder")
    }
    let configuration = try JSONDecoder().decode(Configuration.self, from: data)
    let roots = (configuration.protoPaths ?? ["."]).map { target.directoryURL.appending(path: $0).standardizedFileURL }
    let schemas = (configuration.inputs ?? ["."]).flatMap { input in
      Self.schemas(at: target.directoryURL.appending(path: input).standardizedFileURL)
    }
    guard !schemas.isEmpty else {
      throw Failure(
        description: "the inputs in \(configurationFile.path) name no .proto file; patterns are not known here")
    }
    let outputs = try schemas.flatMap { schema in
      let name = try Self.name(of: schema, below: roots).replacing("/", with: "_").dropLast(".proto".count)
      return [".pb.swift", ".rpc.swift"].map { context.pluginWorkDirectoryURL.appending(path: name + $0) }
    }
    return [
      .buildCommand(
        displayName: "Generating the stubs of \(target.name)",
        executable: try context.tool(named: "FreshetCommand").url,
        arguments: ["generate", "--config", configurationFile.path] + schemas.map(\.path) + [
          "--out", context.pluginWorkDirectoryURL.path, "--file-naming", "path-to-underscores", "--placeholders",
          "--protoc-gen-swift", try context.tool(named: "protoc-gen-swift").url.path,
        ],
        inputFiles: schemas + [configurationFile], outputFiles: outputs)
    ]
  }

  private static func schemas(at input: URL) -> [URL] {
    if input.pathExtension == "proto" { return [input] }
    let entries = FileManager.default.enumerator(atPath: input.path)?.compactMap { $0 as? String } ?? []
    return entries.filter { $0.hasSuffix(".proto") }.sorted().map { input.appending(path: $0).standardizedFileURL }
  }

  /// As imports name it.
  private static func name(of schema: URL, below roots: [URL]) throws -> String {
    for root in roots {
      let folder = root.path.hasSuffix("/") ? root.path : root.path + "/"
      if schema.path.hasPrefix(folder) { return String(schema.path.dropFirst(folder.count)) }
    }
    throw Failure(description: "“\(schema.path)” lies in none of the proto paths of its target's freshet.json")
  }

  struct Failure: Error, CustomStringConvertible { var description: String }
}
