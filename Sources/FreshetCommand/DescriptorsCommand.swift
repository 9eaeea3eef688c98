// `freshet descriptors`: its arguments and its help.
import ArgumentParser

struct DescriptorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "descriptors",
    abstract: "Compile schema files to descriptors.",
    discussion: """
      Writes a google.protobuf.FileDescriptorSet: the files and all their imports, each after its own imports, with \
      comments and positions, like protoc's --descriptor_set_out. Exits with 0 on success and 1 if a schema has errors.
      """)

  @Argument(help: "Schema files, and folders of schema files.")
  var inputs: [String]

  @Option(name: [.long, .customShort("I")], help: "A folder to search for imports; may be repeated.")
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
