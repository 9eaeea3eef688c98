// Our plugin in Debian's protoc: the same stubs, byte for byte, as from `freshet generate`.
import Foundation
import Testing

@Suite struct ProtocPluginTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  /// The golden schemas have one feature each; links, because the workplace is deleted.
  private static let schemas = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "StubGeneratorTests/Golden/Schemas").path

  @Test(
    arguments: ["internal", "public"])
  func `The stubs are those of freshet generate, for every schema that has a service`(visibility: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.schemas).filter { $0.hasSuffix(".proto") }
    try workplace.write("", to: "theirs/empty")
    let protoc = try workplace.protoc(
      ["-I", Self.schemas, "--freshet_out=theirs", "--freshet_opt=Visibility=\(visibility.capitalized)"]
        + names.sorted())
    #expect((protoc.status, protoc.errors) == (0, ""))
    let freshet = try workplace.freshet([
      "generate", Self.schemas, "-I", Self.schemas, "--out", "ours", "--visibility", visibility,
    ])
    #expect(freshet.status == 0)
    let stubs = try workplace.files(in: "theirs").filter { $0.hasSuffix(".rpc.swift") }
    #expect(stubs.count > 10)
    #expect(try stubs == workplace.files(in: "ours").filter { $0.hasSuffix(".rpc.swift") })
    for name in stubs { #expect(try workplace.read("theirs/\(name)") == workplace.read("ours/\(name)"), "\(name)") }
  }

  @Test(
    arguments: [
      ("FullPath", "a/v1/a.rpc.swift"), ("PathToUnderscores", "a_v1_a.rpc.swift"), ("DropPath", "a.rpc.swift"),
    ])
  func `Files are named according to the option`(naming: String, file: String) throws {
    try workplace.write("syntax = \"proto3\"; message M {} service S { rpc Get(M) returns (M); }", to: "a/v1/a.proto")
    let run = try workplace.protoc(["--freshet_out=.", "--freshet_opt=FileNaming=\(naming)", "a/v1/a.proto"])
    #expect((run.status, run.errors) == (0, ""))
    #expect(try workplace.files(in: ".").contains(file))
  }

  @Test(
    arguments: [
      ("Visiblity=Public", "there is no option “Visiblity”"), ("Visibility=Open", "“Open” is no value of the option"),
      ("ProtoPathModuleMappings=none", "the module mappings of “none” cannot be read"),
    ])
  func `An unsupported request is an error that protoc prints`(option: String, reason: String) throws {
    try workplace.write("syntax = \"proto3\"; message M {} service S { rpc Get(M) returns (M); }", to: "a.proto")
    let run = try workplace.protoc(["--freshet_out=.", "--freshet_opt=\(option)", "a.proto"])
    #expect(run.status == 1 && run.errors.contains(reason))
  }
}
