// `freshet descriptors`: from schema files to one file of descriptors.
import ArgumentParser
import Foundation
import ProtoCompiler

struct DescriptorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "descriptors",
    abstract: "Compile schema files to descriptors.",
    discussion: """
      Writes a google.protobuf.FileDescriptorSet: the files and all that they import, each after what it imports, with \
      comments and places. Tools that take what protoc writes with --descriptor_set_out take this. Exits with 0 if all \
      is well and 1 if a schema has errors.
      """)

  @Argument(help: "Schema files, and folders of schema files.")
  var inputs: [String]

  @Option(name: [.long, .customShort("I")], help: "A folder in which imports are searched; may be repeated.")
  var protoPath: [String] = ["."]

  @Option(help: "The file to write to.")
  var out: String

  func run() throws {
    do throws(GenerationFailure) {
      try write()
    } catch {
      for line in error.lines { Self.printError(line) }
      throw ExitCode(1)
    }
  }

  private func write() throws(GenerationFailure) {
    let finder = SchemaFinder(protoPaths: protoPath)
    let (bytes, diagnostics) = Compiler(finder.sourceTree).compileToBytes(try finder.names(of: inputs))
    let findings = diagnostics.map(\.description)
    guard !diagnostics.contains(where: { $0.severity == .error }) else {
      throw GenerationFailure(diagnostics: findings)
    }
    findings.forEach(Self.printError)
    do {
      try Data(bytes).write(to: URL(filePath: out), options: .atomic)
    } catch {
      throw GenerationFailure("“\(out)” cannot be written: \(error.localizedDescription)")
    }
  }

  private static func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
