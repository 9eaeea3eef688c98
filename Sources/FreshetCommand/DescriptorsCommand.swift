// `freshet descriptors`: its arguments and its help.
import ArgumentParser

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

  var compilation: DescriptorsCompilation {
    DescriptorsCompilation(inputs: inputs, protoPaths: protoPath, out: out)
  }

  func run() throws {
    guard compilation.run() else { throw ExitCode(1) }
  }
}
