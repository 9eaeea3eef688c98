// The stubs of small schemas, one for each feature, compared with reviewed files. They are also compiled: the
// target GoldenStubs contains them, with messages written by `make generate`.
//
// After a change that is meant to change the stubs: `FRESHET_UPDATE_GOLDEN=1 swift test --filter GoldenTests` writes
// the golden files; review the diff before committing.
import Foundation
import ProtoCompiler
import StubGenerator
import Testing

@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  struct Case: CustomTestStringConvertible {
    var schema: String
    var visibility = StubVisibility.internal

    var testDescription: String { schema }
  }

  static let cases =
    [
      "unary", "server_streaming", "client_streaming", "bidirectional", "comments", "deprecated", "idempotency",
      "names", "imported", "no_package", "swift_prefix", "empty_service", "paged", "visibility",
    ].map { Case(schema: $0) } + [
      Case(schema: "visibility_package", visibility: .package), Case(schema: "visibility_public", visibility: .public),
    ]

  @Test(arguments: cases)
  func `The stubs of a schema are those in its golden file`(_ example: Case) throws {
    let stubs = try #require(try Self.stubs(of: example.schema, example.visibility))
    let golden = Self.folder.appending(path: example.schema + ".rpc.swift")
    if ProcessInfo.processInfo.environment["FRESHET_UPDATE_GOLDEN"] == "1" {
      try Data(stubs.utf8).write(to: golden)
    }
    #expect(try stubs == String(contentsOf: golden, encoding: .utf8))
  }

  @Test func `Every golden file belongs to a case`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".rpc.swift") }
    #expect(Set(files) == Set(Self.cases.map { $0.schema + ".rpc.swift" }))
  }

  @Test func `A schema without a service has no stubs`() throws {
    #expect(try Self.stubs(of: "messages_only") == nil)
  }

  @Test func `The same schema gives the same text every time`() throws {
    let texts = try (0..<5).map { _ in try Self.stubs(of: "names") }
    #expect(Set(texts).count == 1)
  }

  private static func stubs(of schema: String, _ visibility: StubVisibility = .internal) throws -> String? {
    let sources = SourceTree(searched: [folder.path + "/Schemas"]) { name in
      guard let data = FileManager.default.contents(atPath: folder.appending(path: "Schemas/" + name).path) else {
        return .missing
      }
      return .found(.init(displayPath: name, bytes: Array(data)))
    }
    let result = Compiler(sources).compile([schema + ".proto"])
    try #require(result.diagnostics.map(\.description) == [])
    return try StubFileGenerator(result.fileSet, visibility: visibility).source(for: schema + ".proto")
  }
}
