// What stubs hold beyond their looks: hostile comments and names that hide each other.
import ProtoCompiler
import StubGenerator
import SwiftProtobuf
import Testing

@Suite struct StubFileGeneratorTests {
  @Test("No comment of a schema becomes code, whatever ends its lines")
  func commentsStayComments() throws {
    let comment = "// one\rfatalError()\u{1}\u{c}\u{2028}x\r\n"
    let schema = "syntax = \"proto3\"; package p; message M {}\n\(comment)service S { }"
    let stubs = try #require(try stubs(of: schema))
    let written = stubs.split(whereSeparator: \.isNewline).filter { $0.contains("fatalError") }
    #expect(!written.isEmpty)
    #expect(written.allSatisfy { $0.drop { $0 == " " }.hasPrefix("///") })
    #expect(stubs.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
  }

  @Test("A message that the stubs' own declarations would hide is refused, with the way out", arguments: [
    "message Client {} service S { rpc Get(Client) returns (Client); }",
    "message GetResponses {} service S { rpc Get(GetResponses) returns (stream GetResponses); }",
  ])
  func hiddenTypes(declarations: String) throws {
    #expect(throws: StubFileGenerator.Failure.self) { try stubs(of: "syntax = \"proto3\"; " + declarations) }
    #expect(try stubs(of: "syntax = \"proto3\"; package p; " + declarations) != nil)
  }

  @Test("The stubs of an unknown file are none")
  func unknownFile() throws {
    #expect(try StubFileGenerator(.init()).source(for: "none.proto") == nil)
  }

  private func stubs(of schema: String) throws -> String? {
    let result = Compiler(SourceTree(["s.proto": schema])).compile(["s.proto"])
    try #require(result.isUsable)
    return try StubFileGenerator(result.fileSet).source(for: "s.proto")
  }
}
