// The configuration file of `freshet generate`, and patterns instead of files.
import Foundation
import Testing

@Suite struct ConfigurationTests {
  private let workplace: Workplace

  init() throws {
    workplace = try Workplace()
    try workplace.write(schema("a.v1", "A"), to: "app/protos/a/v1/a.proto")
    try workplace.write(schema("b.v1", "B"), to: "app/protos/b/v1/b.proto")
    try workplace.write("syntax = \"proto3\"; package c; message C {}", to: "app/protos/c.proto")
  }

  private func schema(_ package: String, _ name: String) -> String {
    "syntax = \"proto3\"; package \(package); message \(name) {} service \(name)s { rpc Get(\(name)) returns (\(name)); }"
  }

  @Test func `freshet.json in the current folder is used, and the command line takes precedence`() throws {
    try workplace.write(
      #"{"inputs": ["app/protos/a"], "protoPaths": ["app/protos"], "out": "out", "visibility": "public"}"#,
      to: "freshet.json")
    let run = try workplace.freshet(["generate"])
    #expect((run.status, run.errors) == (0, ""))
    #expect(try workplace.read("out/a.rpc.swift").contains("public nonisolated enum A_V1_As"))
    #expect(try workplace.freshet(["generate", "--visibility", "package", "--out", "other"]).status == 0)
    #expect(try workplace.read("other/a.rpc.swift").contains("package nonisolated enum A_V1_As"))
    #expect(try workplace.freshet(["generate", "--check"]).status == 0)
  }

  @Test func `The paths of a configuration are relative to its folder, whose schemas are the default`() throws {
    try workplace.write(#"{"out": "Generated", "fileNaming": "path-to-underscores"}"#, to: "app/protos/freshet.json")
    let run = try workplace.freshet(["generate", "--config", "app/protos/freshet.json"])
    #expect((run.status, run.errors) == (0, ""))
    #expect(
      try workplace.files(in: "app/protos/Generated") == [
        "a_v1_a.pb.swift", "a_v1_a.rpc.swift", "b_v1_b.pb.swift", "b_v1_b.rpc.swift", "c.pb.swift",
      ])
  }

  @Test(
    arguments: ["", "app/protos/"])
  func `An empty configuration means all schemas of its folder, and Generated in it`(folder: String) throws {
    try workplace.write("syntax = \"proto3\"; package d; message D {}", to: folder + "d.proto")
    try workplace.write("{}", to: folder + "freshet.json")
    let arguments = folder.isEmpty ? ["generate"] : ["generate", "--config", folder + "freshet.json"]
    let run = try workplace.freshet(arguments)
    #expect((run.status, run.errors) == (0, ""))
    #expect(
      try workplace.files(in: folder + "Generated") == [
        "a.pb.swift", "a.rpc.swift", "b.pb.swift", "b.rpc.swift", "c.pb.swift", "d.pb.swift",
      ])
    #expect(try workplace.freshet(arguments + ["--check"]).status == 0)
  }

  @Test(
    arguments: [
      (#"{"input": []}"#, "there is no setting “input”; there are inputs, protoPaths"),
      (#"{"visibility": "open"}"#, "at “visibility”"), (#"{"inputs": "a.proto"}"#, "at “inputs”"), ("{", "is wrong"),
    ])
  func `An invalid configuration is rejected with the position`(text: String, reason: String) throws {
    try workplace.write(text, to: "freshet.json")
    let run = try workplace.freshet(["generate"])
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("error: the configuration file “freshet.json” ") && run.errors.contains(reason))
  }

  @Test func `A named configuration must exist, and there must be inputs`() throws {
    let missing = try workplace.freshet(["generate", "--config", "none.json"])
    #expect(missing.status == 1 && missing.errors.contains("“none.json” cannot be read"))
    let idle = try workplace.freshet(["generate"])
    #expect(idle.status == 64 && idle.errors.contains("No schema files are given"))
    let homeless = try workplace.freshet(["generate", "app/protos/c.proto"])
    #expect(homeless.status == 64 && homeless.errors.contains("--out"))
  }

  // MARK: Patterns

  @Test(
    arguments: [
      ("app/protos/*.proto", ["c.pb.swift"]), ("app/protos/**/*.proto", ["a.pb.swift", "b.pb.swift", "c.pb.swift"]),
      ("app/**/v1/[b-z].proto", ["b.pb.swift"]), ("app/protos/?/*/?.proto", ["a.pb.swift", "b.pb.swift"]),
    ])
  func `A pattern means the files that match it`(pattern: String, messages: [String]) throws {
    let run = try workplace.freshet(["generate", pattern, "-I", "app/protos", "--out", "out"])
    #expect((run.status, run.errors) == (0, ""))
    #expect(try workplace.files(in: "out").filter { $0.hasSuffix(".pb.swift") } == messages)
  }

  @Test func `A pattern without matches is rejected`() throws {
    let run = try workplace.freshet(["generate", "app/*.proto", "--out", "out"])
    #expect(run.status == 1 && run.errors == "error: no file matches the pattern “app/*.proto”\n")
  }

  // MARK: For builds

  @Test func `With placeholders every schema has both files`() throws {
    #expect(
      try workplace.freshet(["generate", "app/protos", "-I", "app/protos", "--out", "out", "--placeholders"]).status
        == 0)
    #expect(try workplace.files(in: "out").count == 6)
    #expect(
      try workplace.read("out/c.rpc.swift").hasPrefix("// Code generated by freshet from c.proto, which declares no"))
  }

  @Test func `Messages of another module are imported, in both files`() throws {
    try workplace.write(
      "syntax = \"proto3\"; package d; import \"c.proto\"; message D { c.C c = 1; } service Ds { rpc Get(c.C) returns (D); }",
      to: "app/protos/d.proto")
    try workplace.write("mapping { module_name: \"Cs\" proto_file_path: \"c.proto\" }", to: "modules.asciipb")
    let run = try workplace.freshet([
      "generate", "d.proto", "-I", "app/protos", "--out", "out", "--module-mappings", "modules.asciipb",
    ])
    #expect((run.status, run.errors) == (0, ""))
    #expect(try workplace.read("out/d.pb.swift").contains("Cs.C_C"))
    #expect(try workplace.read("out/d.rpc.swift").contains("import Cs\n"))
    #expect(try workplace.read("out/d.rpc.swift").contains("_ request: Cs.C_C"))
  }
}
