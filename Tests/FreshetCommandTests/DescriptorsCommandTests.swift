// `freshet descriptors` from the command line: the built program, in a temporary folder.
import Foundation
import SwiftProtobuf
import Testing

@Suite struct DescriptorsCommandTests {
  private let workplace: Workplace

  init() throws {
    workplace = try Workplace()
    try workplace.write("syntax = \"proto3\"; package p; message A {}", to: "protos/a.proto")
    try workplace.write("syntax = \"proto3\"; import \"a.proto\"; message B { p.A a = 1; }", to: "protos/b.proto")
  }

  private func fileNames(in path: String) throws -> [String] {
    let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: try workplace.data(path))
    return set.file.map(\.name)
  }

  @Test(
    arguments: [
      ["-I", "protos", "b.proto", "--out", "set"], ["--proto-path=protos", "--out=set", "protos/b.proto"],
      ["protos", "-I", "protos", "--out", "set"], ["protos/*.proto", "-I", "protos", "--out", "set"],
    ])
  func `The files come with their imports, each after its own, however the arguments are written`(
    arguments: [String]
  ) throws {
    let run = try workplace.freshet(["descriptors"] + arguments)
    #expect((run.status, run.output, run.errors) == (0, "", ""))
    #expect(try fileNames(in: "set") == ["a.proto", "b.proto"])
  }

  @Test func `Errors go to standard error, and nothing is written`() throws {
    try workplace.write("syntax = \"proto3\"; message C { D d = 1; }", to: "protos/c.proto")
    let run = try workplace.freshet(["descriptors", "-I", "protos", "c.proto", "--out", "set"])
    #expect((run.status, run.output) == (1, ""))
    #expect(run.errors.hasPrefix("protos/c.proto:1:32: error: “D” is not declared"))
    let files = try workplace.files(in: ".").filter { !$0.hasPrefix(".") }
    #expect(files == ["protos/a.proto", "protos/b.proto", "protos/c.proto"])
  }

  @Test(arguments: ["none.proto", "protos/none*.proto"])
  func `A schema that does not exist is named`(input: String) throws {
    let run = try workplace.freshet(["descriptors", "-I", "protos", input, "--out", "set"])
    #expect(run.status == 1)
    #expect(run.errors.contains("“\(input)”"))
  }

  @Test func `A warning does not prevent the descriptors from being written`() throws {
    try workplace.write("syntax = \"proto3\"; import \"a.proto\";", to: "protos/idle.proto")
    let run = try workplace.freshet(["descriptors", "-I", "protos", "idle.proto", "--out", "set"])
    #expect(run.status == 0)
    #expect(run.errors.contains("warning: “a.proto” is imported and not used"))
    #expect(try fileNames(in: "set") == ["a.proto", "idle.proto"])
  }

  @Test func `An existing file is replaced, and a failure to write is reported with its reason`() throws {
    try workplace.write(String(repeating: "long", count: 1000), to: "set")
    #expect(try workplace.freshet(["descriptors", "-I", "protos", "a.proto", "--out", "set"]).status == 0)
    #expect(try fileNames(in: "set") == ["a.proto"])
    let run = try workplace.freshet(["descriptors", "-I", "protos", "a.proto", "--out", "nowhere/set"])
    #expect(run.status == 1)
    #expect(run.errors == "error: “nowhere/set” cannot be written: No such file or directory\n")
    #expect(try workplace.freshet(["descriptors", "-I", "protos", "a.proto", "--out", "protos"]).status == 1)
  }

  @Test func `A link is followed, not replaced`() throws {
    try workplace.write("", to: "target")
    try workplace.link("set", to: "target")
    #expect(try workplace.freshet(["descriptors", "-I", "protos", "a.proto", "--out", "set"]).status == 0)
    #expect(try fileNames(in: "target") == ["a.proto"])
  }
}
