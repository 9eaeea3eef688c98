// `freshet generate`: from schema files to Swift files.
public import ArgumentParser  // public, because the type that is made an argument below is
import Foundation
public import StubGenerator

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate messages and stubs from schema files.",
    discussion: """
      Writes messages to *.pb.swift and the stubs of services to *.rpc.swift. Files that are right already are not \
      touched. Exits with 0 if all is well, 1 if a schema has errors or files are stale, and 64 if the command itself \
      makes no sense.
      """)

  @Argument(help: "Schema files, and folders of schema files.")
  var inputs: [String]

  @Option(name: [.long, .customShort("I")], help: "A folder in which imports are searched; may be repeated.")
  var protoPath: [String] = ["."]

  @Option(help: "The folder to write to.")
  var out: String

  @Option(help: "Who may use what is generated.")
  var visibility: StubVisibility = .internal

  @Option(help: "How the path of a schema becomes the name of a file.")
  var fileNaming: OutputNaming = .dropPath

  @Flag(help: "Write nothing; fail if a file is missing or differs from what would be written.")
  var check = false

  @Option(
    name: .customLong("protoc-gen-swift"),
    help: ArgumentHelp("The program that generates messages; by default the one beside freshet.", valueName: "path"))
  var messageGenerator: String?

  func run() throws {
    let generation = Generation(
      inputs: inputs, protoPaths: protoPath, output: OutputFolder(path: out), naming: fileNaming,
      visibility: visibility, messageGenerator: MessageGenerator(path: messageGenerator, visibility: visibility))
    do throws(GenerationFailure) {
      let files = try generation.files(warn: Self.printError)
      try check ? checkFiles(files) : write(files)
    } catch {
      for line in error.lines { Self.printError(line) }
      throw ExitCode(1)
    }
  }

  private func checkFiles(_ files: [OutputFile]) throws(GenerationFailure) {
    let stale = try OutputFolder(path: out).staleFiles(files)
    guard stale.isEmpty else {
      throw GenerationFailure("these files are not what the schemas say; generate them anew:", stale.map { "  " + $0 })
    }
  }

  private func write(_ files: [OutputFile]) throws(GenerationFailure) {
    for path in try OutputFolder(path: out).write(files) { print("wrote \(path)") }
  }

  private static func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}

extension StubVisibility: ExpressibleByArgument {}
