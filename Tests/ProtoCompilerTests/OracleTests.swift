// Compares our descriptors with protoc's for every schema of the tests.
import Foundation
import ProtoCompiler
import Fuzzing
import SchemaFuzzing
import SwiftProtobuf
import Testing

@Suite struct OracleTests {
  @Test(arguments: Fixtures.all.map(\.name))
  func `Descriptors equal protoc's, including comments and positions`(of name: String) throws {
    let folder = try #require(Fixtures.all.first { $0.name == name }).folder
    let expected = try Protoc.descriptors(of: name, in: folder)
    let result = Compiler(Fixtures.tree(folder)).compile([name])
    expectEqual(result, expected)
  }

  @Test(arguments: systemSchemas)
  func `Descriptors of protoc's own schemas equal protoc's`(of name: String) throws {
    expectEqual(
      Compiler(Fixtures.tree(Self.systemFolder)).compile([name]),
      try Protoc.descriptors(of: name, in: Self.systemFolder), isSystem: true)
  }

  private static let systemFolder = "/usr/include"
  private static let systemSchemas = Fixtures.schemas(in: [systemFolder + "/google/protobuf"])
    .map { "google/protobuf/" + $0.name }

  @Test(
    .enabled(if: Protoc.young != nil, "FRESHET_PEER_PYTHON does not name a Python with grpcio-tools"),
    arguments: Fixtures.editions.map(\.name))
  func `Descriptors of editions equal a newer protoc's`(of name: String) throws {
    let folder = try #require(Fixtures.editions.first).folder
    let young = try #require(Protoc.young)
    let bundled = try Protoc.youngFolder()
    let result = Compiler(Fixtures.tree(folder, bundled)).compile([name])
    // By default protoc drops source-retention options and then re-encodes others; with all options it writes them
    // unchanged.
    var expected = try Protoc.descriptors(of: name, in: folder, by: young + ["-I", bundled])
    let whole = try Protoc.descriptors(of: name, in: folder, by: young + ["-I", bundled, "--retain_options"])
    for (index, ours) in result.fileSet.file.enumerated() where index < whole.file.count && whole.file[index] == ours {
      expected.file[index] = ours
    }
    expectEqual(result, expected, isSystem: true)
  }

  @Test(
    .enabled(if: Protoc.young != nil, "FRESHET_PEER_PYTHON does not name a Python with grpcio-tools"),
    arguments: ["descriptor", "compiler/plugin", "cpp_features", "java_features", "go_features"])
  func `The bundled schemas equal a newer protoc's`(name: String) throws {
    let name = "google/protobuf/\(name).proto"
    let young = try #require(Protoc.young)
    var theirs = try #require(try Protoc.descriptors(of: name, in: Protoc.youngFolder(), by: young).file.last)
    let tree = SourceTree(["a.proto": "syntax = \"proto2\"; import \"\(name)\";"])
    var ours = try #require(Compiler(tree).compile(["a.proto"]).fileSet.file.dropLast().last)
    theirs.clearSourceCodeInfo()
    ours.clearSourceCodeInfo()
    expectEqual(ours, theirs)
  }

  /// - Parameter isSystem: whether the files of google/protobuf are the same for both, instead of built in on our side.
  private func expectEqual(
    _ result: Compiler.Result, _ expected: Google_Protobuf_FileDescriptorSet, isSystem: Bool = false
  ) {
    #expect(result.isUsable, "\(result.diagnostics)")
    #expect(result.fileSet.file.map(\.name) == expected.file.map(\.name))
    for (ours, theirs) in zip(result.fileSet.file, expected.file) {
      let isSame = isSystem || !ours.name.hasPrefix("google/protobuf/")
      // The built-in file is newer than Debian's.
      if !isSame, ours.name == "google/protobuf/descriptor.proto" { continue }
      expectEqual(comparable(ours, withSource: isSame), comparable(theirs, withSource: isSame))
    }
  }

  /// The seed is fixed, so protoc's results are reproducible. `FRESHET_FUZZ_SEED` and
  /// `FRESHET_ORACLE_COUNT` search further.
  @Test func `Damaged schemas are accepted as by protoc, with the same descriptors`() throws {
    let environment = ProcessInfo.processInfo.environment
    var mutator = Mutator.ofSchemas(seed: environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    let schemas = try Fixtures.all.map { fixture in
      Array(try Data(contentsOf: URL(filePath: fixture.folder + "/" + fixture.name)))
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "freshet-oracle-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: Fixtures.folder, toPath: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    for _ in 0..<(environment["FRESHET_ORACLE_COUNT"].flatMap(Int.init) ?? 300) {
      let schema = mutator.mutate(schemas[mutator.index(below: schemas.count)], spares: schemas)
      // protoc copies invalid UTF-8 from comments into descriptors that no other library can read.
      guard let text = String(validating: schema, as: UTF8.self) else { continue }
      try Data(schema).write(to: folder.appending(path: "damaged.proto"))
      let result = Compiler(Fixtures.tree(folder.path)).compile(["damaged.proto"])
      let expected = Result { try Protoc.descriptors(of: "damaged.proto", in: folder.path) }
      switch expected {
      case .success(let expected):
        #expect(result.isUsable, "\(result.diagnostics.first?.description ?? "")\n\(text)")
        if result.isUsable, let ours = result.fileSet.file.last, let theirs = expected.file.last {
          // The newer protoc has different rules for comments.
          expectEqual(withoutComments(ours), withoutComments(theirs))
        }
      case .failure(let refusal):
        #expect(!result.isUsable, "protoc: \(refusal)\n\(text)")
      }
    }
  }

  private func withoutComments(_ file: Google_Protobuf_FileDescriptorProto) -> Google_Protobuf_FileDescriptorProto {
    var file = file
    for index in file.sourceCodeInfo.location.indices {
      file.sourceCodeInfo.location[index].clearLeadingComments()
      file.sourceCodeInfo.location[index].clearTrailingComments()
      file.sourceCodeInfo.location[index].leadingDetachedComments = []
    }
    return file
  }

  /// The well-known files are worded by us, so their comments and positions differ; the declarations do not.
  private func comparable(
    _ file: Google_Protobuf_FileDescriptorProto, withSource: Bool
  ) -> Google_Protobuf_FileDescriptorProto {
    var file = file
    if !withSource { file.clearSourceCodeInfo() }
    return file
  }

  private func expectEqual(_ ours: Google_Protobuf_FileDescriptorProto, _ theirs: Google_Protobuf_FileDescriptorProto) {
    guard ours != theirs else { return }
    let lines = { (file: Google_Protobuf_FileDescriptorProto) in
      Self.facts(of: file).split(separator: "\n").map(String.init)
    }
    let changes = lines(ours).difference(from: lines(theirs))
    let report = changes.prefix(40).map { change in
      switch change {
      case .insert(let line, let text, _): "ours, line \(line): \(text)"
      case .remove(let line, let text, _): "protoc, line \(line): \(text)"
      }
    }
    Issue.record("\(ours.name) differs from protoc:\n\(report.joined(separator: "\n"))")
  }

  /// The descriptor as text, with each place on one line.
  private static func facts(of file: Google_Protobuf_FileDescriptorProto) -> String {
    var bare = file
    bare.clearSourceCodeInfo()
    let places = file.sourceCodeInfo.location.map { location in
      "path \(location.path) span \(location.span) leading \(location.leadingComments.debugDescription) "
        + "trailing \(location.trailingComments.debugDescription) detached \(location.leadingDetachedComments)"
    }
    return bare.textFormatString() + places.joined(separator: "\n")
  }
}
