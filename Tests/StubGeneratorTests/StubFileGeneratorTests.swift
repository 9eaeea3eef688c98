// What stubs hold beyond their looks: hostile comments and names that hide each other.
import ProtoCompiler
import StubGenerator
import SwiftProtobuf
import SwiftProtobufPluginLibrary
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
    "message Fake {} service S { rpc Get(Fake) returns (Fake); }",
    "message GetResponses {} service S { rpc Get(GetResponses) returns (stream GetResponses); }",
  ])
  func hiddenTypes(declarations: String) throws {
    #expect(throws: StubFileGenerator.Failure.self) { try stubs(of: "syntax = \"proto3\"; " + declarations) }
    #expect(try stubs(of: "syntax = \"proto3\"; package p; " + declarations) != nil)
  }

  private static let paged = """
    syntax = "proto3"; package p;
    message Request { int32 page_size = 1; string page_token = 2; }
    message Item {}
    service S { rpc List(Request) returns (Response); }
    """

  @Test("A paged method whose items are not certain is refused, with both fields named")
  func uncertainItems() throws {
    let response = "message Response { repeated Item late = 3; repeated Item early = 2; string next_page_token = 1; }"
    let failure = #expect(throws: StubFileGenerator.Failure.self) { try stubs(of: Self.paged + response) }
    #expect(failure?.description.contains("“p.S.List”") == true)
    #expect(failure?.description.contains("“late” (3)") == true)
    #expect(failure?.description.contains("“early” (2)") == true)
  }

  @Test("A method that lacks a part of paging has no streams", arguments: [
    "message Response { repeated Item items = 1; }", "message Response { string next_page_token = 1; }",
    "message Response { string next_page_token = 1; repeated string items = 2; }",
    "message Response { string next_page_token = 1; map<string, Item> items = 2; }",
    "message Response { bytes next_page_token = 1; repeated Item items = 2; }",
  ])
  func notPaged(response: String) throws {
    let text = try #require(try stubs(of: Self.paged + response))
    #expect(!text.contains("listPages") && !text.contains("listItems"))
  }

  @Test("Messages of another module are written with its name, and it is imported")
  func modules() throws {
    let sources = SourceTree([
      "s.proto": "syntax = \"proto3\"; package p; import \"m.proto\"; service S { rpc Get(q.M) returns (q.M); }",
      "m.proto": "syntax = \"proto3\"; package q; message M {}",
    ])
    let result = Compiler(sources).compile(["s.proto"])
    let modules = try ProtoFileToModuleMappings(
      moduleMappingsProto: .with {
        $0.mapping = [
          .with {
            $0.moduleName = "Messages"
            $0.protoFilePath = ["m.proto"]
          }
        ]
      })
    let text = try #require(try StubFileGenerator(result.fileSet, visibility: .public, modules: modules).source(for: "s.proto"))
    #expect(text.contains("\npublic import Messages\n"))
    #expect(text.contains("_ request: Messages.Q_M"))
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
