// Our descriptors against those of protoc, for every schema that the tests have.
import Foundation
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct OracleTests {
  @Test("What protoc says of a schema, comments and places included, we say too", arguments: Fixtures.all.map(\.name))
  func descriptorsEqualProtocs(of name: String) throws {
    let folder = try #require(Fixtures.all.first { $0.name == name }).folder
    let expected = try Protoc.descriptors(of: name, in: folder)
    let result = Compiler(Fixtures.tree(folder)).compile([name])
    #expect(result.diagnostics.map(\.description) == [])
    #expect(result.fileSet.file.map(\.name) == expected.file.map(\.name))
    for (ours, theirs) in zip(result.fileSet.file, expected.file) {
      let isOfThisProject = !ours.name.hasPrefix("google/protobuf/")
      expectEqual(comparable(ours, withSource: isOfThisProject), comparable(theirs, withSource: isOfThisProject))
    }
  }

  /// The seed is the same every time: what protoc says of it is a fact. `FRESHET_FUZZ_SEED` and
  /// `FRESHET_ORACLE_COUNT` search further.
  @Test("Of damaged schemas we take those that protoc takes, and say the same of them")
  func damagedSchemas() throws {
    let environment = ProcessInfo.processInfo.environment
    var mutator = Mutator(seed: environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    let schemas = try Fixtures.all.map { fixture in
      Array(try Data(contentsOf: URL(filePath: fixture.folder + "/" + fixture.name)))
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "freshet-oracle-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: Fixtures.folder, toPath: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    for _ in 0..<(environment["FRESHET_ORACLE_COUNT"].flatMap(Int.init) ?? 300) {
      let schema = mutator.mutate(schemas[mutator.index(below: schemas.count)], spares: schemas)
      // Comments that are no UTF-8 come from protoc as they are, in descriptors that no other library reads.
      guard let text = String(validating: schema, as: UTF8.self) else { continue }
      try Data(schema).write(to: folder.appending(path: "damaged.proto"))
      let result = Compiler(Fixtures.tree(folder.path)).compile(["damaged.proto"])
      if result.diagnostics.contains(where: { $0.message.contains("not supported yet") }) { continue }
      let expected = Result { try Protoc.descriptors(of: "damaged.proto", in: folder.path) }
      switch expected {
      case .success(let expected):
        #expect(result.isUsable, "\(result.diagnostics.first?.description ?? "")\n\(text)")
        if result.isUsable, let ours = result.fileSet.file.last, let theirs = expected.file.last {
          expectEqual(ours, theirs)
        }
      case .failure(let refusal):
        #expect(!result.isUsable, "protoc: \(refusal)\n\(text)")
      }
    }
  }

  /// The well-known files are in our own words, so that their comments and places differ; their facts do not.
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

/// The reference compiler, which the machine must have: `apt-get install protobuf-compiler`.
enum Protoc {
  struct Failure: Error, CustomStringConvertible { var description: String }

  static func descriptors(of name: String, in folder: String) throws -> Google_Protobuf_FileDescriptorSet {
    let output = FileManager.default.temporaryDirectory.appending(path: "freshet-oracle-\(UUID().uuidString).bin")
    defer { try? FileManager.default.removeItem(at: output) }
    let (status, errors) = try run([
      "protoc", "-I", folder, "--include_imports", "--include_source_info", "--descriptor_set_out", output.path, name,
    ])
    guard status != 127 else {
      throw Failure(
        description: "protoc is not installed: the oracle tests need it (apt-get install protobuf-compiler)")
    }
    guard status == 0 else { throw Failure(description: "protoc failed on \(name): \(errors)") }
    return try Google_Protobuf_FileDescriptorSet(serializedBytes: Data(contentsOf: output))
  }

  /// Runs a command found on the PATH. 127 says that there is none of this name.
  static func run(_ arguments: [String]) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let data = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
