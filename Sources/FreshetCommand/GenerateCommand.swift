// `freshet generate`: from schema files to Swift files.
public import ArgumentParser  // public, because the type that is made an argument below is
import Foundation
public import StubGenerator

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate messages and stubs from schema files.",
    discussion: """
      Writes messages to *.pb.swift and service stubs to *.rpc.swift. Files that are up to date are not touched. Exits \
      with 0 on success, 1 if a schema has errors or files are stale, and 64 if the command line is invalid.

      Missing options are taken from a configuration file: that of --config, else freshet.json in the current folder, \
      if it exists. It is JSON, such as {"inputs": ["protos"], "protoPaths": ["protos"], "out": "Generated", \
      "visibility": "public"}; its paths are relative to its own folder. {} means all schemas below that folder, with \
      Generated in it as output.
      """)

  @Argument(help: "Schema files, folders of schema files, and patterns such as 'protos/**/*.proto'.")
  var inputs: [String] = []

  @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String?

  @Option(
    name: [.long, .customShort("I")],
    help: "A folder to search for imports; may be repeated. Defaults to the current folder.")
  var protoPath: [String] = []

  @Option(help: "The folder to write to.")
  var out: String?

  @Option(help: "The visibility of generated code: internal (the default), package or public.")
  var visibility: StubVisibility?

  @Option(
    help:
      "How the path of a schema determines the file name: drop-path (the default), full-path or path-to-underscores.")
  var fileNaming: OutputNaming?

  @Option(
    help: ArgumentHelp(
      "The Swift modules of the schemas' messages: a file in protoc-gen-swift's format.", valueName: "file")
  )
  var moduleMappings: String?

  @Flag(help: "Write nothing; fail if a file is missing or differs from what would be written.")
  var check = false

  @Flag(
    help: "Write both files for every schema, even if empty: for builds that must know the names beforehand.")
  var placeholders = false

  @Option(
    name: .customLong("protoc-gen-swift"),
    help: ArgumentHelp("The program that generates messages; defaults to the one beside freshet.", valueName: "path"))
  var messageGenerator: String?

  func run() throws {
    do {
      let settings = try settings()
      let output = OutputFolder(path: settings.out ?? ".")
      let files = try generation(settings).files(warn: Self.printError)
      try check ? checkFiles(files, in: output) : write(files, to: output)
    } catch let failure as GenerationFailure {
      for line in failure.lines { Self.printError(line) }
      throw ExitCode(1)
    }
  }

  /// The configuration file's settings, overridden by the command line.
  private func settings() throws -> ConfigurationFile {
    let present = FileManager.default.fileExists(atPath: ConfigurationFile.defaultName)
    let path = config ?? (present ? ConfigurationFile.defaultName : nil)
    var settings = if let path { try ConfigurationFile(path: path) } else { ConfigurationFile() }
    if !inputs.isEmpty { settings.inputs = inputs }
    if !protoPath.isEmpty { settings.protoPaths = protoPath }
    settings.out = out ?? settings.out
    settings.visibility = visibility ?? settings.visibility
    settings.fileNaming = fileNaming ?? settings.fileNaming
    settings.moduleMappings = moduleMappings ?? settings.moduleMappings
    guard settings.inputs?.isEmpty == false else {
      throw ValidationError("No schema files are given, and no configuration file that names some.")
    }
    guard settings.out != nil else {
      throw ValidationError("No folder to write to is given: --out, or “out” in the configuration.")
    }
    return settings
  }

  private func generation(_ settings: ConfigurationFile) throws(GenerationFailure) -> Generation {
    let visibility = settings.visibility ?? .internal
    let modules = try ModuleMappings(path: settings.moduleMappings)
    return Generation(
      inputs: settings.inputs ?? [], protoPaths: settings.protoPaths ?? ["."], naming: settings.fileNaming ?? .dropPath,
      visibility: visibility, modules: modules,
      messageGenerator: MessageGenerator(path: messageGenerator, visibility: visibility, modules: modules),
      writesPlaceholders: placeholders)
  }

  private func checkFiles(_ files: [OutputFile], in output: OutputFolder) throws(GenerationFailure) {
    let stale = try output.staleFiles(files)
    guard stale.isEmpty else {
      throw GenerationFailure("these files are out of date; regenerate them:", stale.map { "  " + $0 })
    }
  }

  private func write(_ files: [OutputFile], to output: OutputFolder) throws(GenerationFailure) {
    for path in try output.write(files) { print("wrote \(path)") }
  }

  private static func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}

extension StubVisibility: ExpressibleByArgument {}
