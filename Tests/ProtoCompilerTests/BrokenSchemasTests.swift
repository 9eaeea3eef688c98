// Invalid schemas: our compiler rejects what protoc rejects, on the same line.
import Foundation
import ProtoCompiler
import Testing

@Suite struct BrokenSchemasTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Broken")

  struct Schema: CustomTestStringConvertible, Sendable {
    var name: String
    var text: String
    var testDescription: String { name }

    /// Debian's protoc does not support editions.
    var judge: [String]? { text.hasPrefix("edition") ? Protoc.young : Protoc.debian }
  }

  static let schemas: [Schema] = {
    let text = (try? String(contentsOf: folder.appending(path: "broken.txt"), encoding: .utf8)) ?? ""
    return text.split(separator: "=== ").dropFirst().map { part in
      let end = part.firstIndex(of: "\n") ?? part.startIndex
      return Schema(name: String(part[..<end]), text: String(part[end...].dropFirst()))
    }
  }()

  @Test func `There are at least 100 of them, with unique names`() {
    #expect(Self.schemas.count >= 100)
    #expect(Set(Self.schemas.map(\.name)).count == Self.schemas.count)
  }

  @Test(arguments: schemas)
  func `Both compilers reject it on the same line`(schema: Schema) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "freshet-broken-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Self.folder, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(schema.text.utf8).write(to: folder.appending(path: "broken.proto"))
    let result = Compiler(Fixtures.tree(folder.path)).compile(["broken.proto"])
    let ours = result.diagnostics.filter { $0.severity == .error }.compactMap { $0.location?.line }
    #expect(!result.isUsable && !ours.isEmpty)
    for finding in result.diagnostics { #expect(finding.location?.file == "broken.proto") }
    guard let judge = schema.judge else {
      return print("not compared with protoc, which FRESHET_PEER_PYTHON does not bring: \(schema.name)")
    }
    let bundled = schema.judge == Protoc.debian ? [] : ["-I", try Protoc.youngFolder()]
    let (status, output) = try Protoc.run(judge + bundled + ["-I", folder.path, "-o/dev/null", "broken.proto"])
    #expect(status != 0, "protoc takes it")
    // Some of protoc's diagnostics have no position; the second line of a pair may have it.
    let theirs = Self.lines(in: output)
    #expect(theirs.isEmpty || !Set(theirs.prefix(2)).isDisjoint(with: ours), "ours: \(ours), protoc: \(output)")
  }

  /// The lines of protoc's diagnostics: `path/broken.proto:3:5: message`.
  private static func lines(in output: String) -> [Int] {
    output.split(separator: "\n").compactMap { line in
      guard let mark = line.range(of: "broken.proto:") else { return nil }
      return line[mark.upperBound...].split(separator: ":").first.flatMap { Int($0) }
    }
  }
}
