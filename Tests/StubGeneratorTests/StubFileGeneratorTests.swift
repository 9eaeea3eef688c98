// Stubs beyond the golden files: hostile comments and names that hide each other.
import ProtoCompiler
import StubGenerator
import SwiftProtobuf
import SwiftProtobufPluginLibrary
import Testing

@Suite struct StubFileGeneratorTests {
  @Test func `No comment of a schema becomes code, whatever its line endings`() throws {
    let comment = "// one\rfatalError()\u{1}\u{c}\u{2028}x\r\n"
    let schema = "syntax = \"proto3\"; package p; message M {}\n\(comment)service S { }"
    let stubs = try #require(try stubs(of: schema))
    let written = stubs.split(whereSeparator: \.isNewline).filter { $0.contains("fatalError") }
    #expect(!written.isEmpty)
    #expect(written.allSatisfy { $0.drop { $0 == " " }.hasPrefix("///") })
    #expect(stubs.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
  }

  @Test(
    arguments: [
      "message Client {} service S { rpc Get(Client) returns (Client); }",
      "message Fake {} service S { rpc Get(Fake) returns (Fake); }",
      "message Service {} service S { rpc Get(stream Service) returns (stream Service); }",
      "message Methods { message Inner {} } service S { rpc Get(Methods.Inner) returns (Methods.Inner); }",
    ])
  func `A message hidden by the stubs' own declarations is refused, with advice`(declarations: String) throws {
    #expect(throws: StubFileGenerator.Failure.self) { try stubs(of: "syntax = \"proto3\"; " + declarations) }
    #expect(try stubs(of: "syntax = \"proto3\"; package p; " + declarations) != nil)
  }

  @Test(
    arguments: [
      "message Freshet {}", "enum Freshet { A = 0; }", "service Freshet {}",
    ])
  func `A declaration that hides a module from stubs is refused, in any file, with advice`(
    declaration: String
  ) throws {
    let declaration = "syntax = \"proto3\"; " + declaration
    let service = "syntax = \"proto3\"; package p; message M {} service S { rpc Get(M) returns (M); }"
    let failure = #expect(throws: StubFileGenerator.Failure.self) {
      let result = Compiler(SourceTree(["s.proto": service, "other.proto": declaration])).compile([
        "s.proto", "other.proto",
      ])
      _ = try StubFileGenerator(result.fileSet).source(for: "s.proto")
    }
    #expect(failure?.description.contains("“Freshet”") == true)
    #expect(failure?.description.contains("swift_prefix") == true)
  }

  @Test func `A service that has the Swift name of something else is refused, and both are named`() throws {
    let sources = SourceTree([
      "s.proto": "syntax = \"proto3\"; package a.b; service C {}",
      "m.proto": "syntax = \"proto3\"; package a; message B_C {}",
    ])
    let failure = #expect(throws: StubFileGenerator.Failure.self) {
      try StubFileGenerator(Compiler(sources).compile(["s.proto", "m.proto"]).fileSet).source(for: "s.proto")
    }
    #expect(failure?.description.contains("“a.b.C” and “a.B_C”") == true)
  }

  @Test(
    arguments: ["String", "Sendable"])
  func `A service without a package that is named like a Swift type gets a suffix`(name: String) throws {
    let text = try #require(try stubs(of: "syntax = \"proto3\"; service \(name) {}"))
    #expect(text.contains("enum \(name)Service {"))
    #expect(text.contains("serviceName = \"\(name)\""))
  }

  @Test func `A message named like the type parameter of client methods renames that`() throws {
    let text = try #require(
      try stubs(
        of: "syntax = \"proto3\"; message Requests {} service S { rpc Get(stream Requests) returns (Requests); }"))
    #expect(text.contains("where RequestSequence.Element == Requests"))
  }

  /// web.md W45.
  @Test func `The messages that a service needs are registered: its file's, and those of its requests' fields`() throws
  {
    let sources = SourceTree([
      "s.proto": """
      syntax = "proto3"; package p; import "request.proto"; import "options.proto"; import "google/protobuf/any.proto";
      message M { message Inner {} map<string, Inner> inner = 1; google.protobuf.Any any = 2; }
      service S { rpc Get(Request) returns (M); }
      """,
      "request.proto":
        "syntax = \"proto3\"; package p; import \"field.proto\"; message Request { repeated Field f = 1; }",
      "field.proto": "syntax = \"proto3\"; package p; message Field {} message Beside {}",
      "options.proto": "syntax = \"proto3\"; package p; message Unused {}",
    ])
    let text = try #require(
      try StubFileGenerator(Compiler(sources).compile(["s.proto"]).fileSet).source(for: "s.proto"))
    let registered = text.split(separator: "\n").filter { $0.hasSuffix(".self,") }.map { $0.dropFirst(2).dropLast(6) }
    #expect(registered == ["P_M", "P_M.Inner", "P_Field", "P_Beside", "P_Request"])
  }

  @Test func `The functions and initializers of a service of many methods do not grow with their number`() throws {
    let methods = (0..<120).map { "rpc Watch\($0)(M) returns (stream M);" }.joined()
    let text = try #require(try stubs(of: "syntax = \"proto3\"; package p; message M {} service S { \(methods) }"))
    #expect(!text.contains("associatedtype"))
    #expect(text.contains("    init() {}\n"))
    #expect(text.contains("handlers += methodHandlers2(of: service)\n    return handlers"))
    #expect(text.contains("MessageStream<P_M> = { _, _ in\n"))
  }

  private static let paged = """
    syntax = "proto3"; package p;
    message Request { int32 page_size = 1; string page_token = 2; }
    message Item {}
    service S { rpc List(Request) returns (Response); }
    """

  @Test func `A paged method with ambiguous items is refused, with both fields named`() throws {
    let response = "message Response { repeated Item late = 3; repeated Item early = 2; string next_page_token = 1; }"
    let failure = #expect(throws: StubFileGenerator.Failure.self) { try stubs(of: Self.paged + response) }
    #expect(failure?.description.contains("“p.S.List”") == true)
    #expect(failure?.description.contains("“late” (3)") == true)
    #expect(failure?.description.contains("“early” (2)") == true)
  }

  @Test(
    arguments: [
      "message Response { repeated Item items = 1; }", "message Response { string next_page_token = 1; }",
      "message Response { string next_page_token = 1; repeated string items = 2; }",
      "message Response { string next_page_token = 1; map<string, Item> items = 2; }",
      "message Response { bytes next_page_token = 1; repeated Item items = 2; }",
    ])
  func `A method that lacks a part of paging has no streams`(response: String) throws {
    let text = try #require(try stubs(of: Self.paged + response))
    #expect(!text.contains("listPages") && !text.contains("listItems"))
  }

  @Test func `Messages of another module are qualified, and the module is imported`() throws {
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
    let text = try #require(
      try StubFileGenerator(result.fileSet, visibility: .public, modules: modules).source(for: "s.proto"))
    #expect(text.contains("\npublic import Messages\n"))
    #expect(text.contains("_ request: Messages.Q_M"))
  }

  @Test func `Imports have an access level where a target needs one, and all of them on request`() throws {
    let result = Compiler(SourceTree(["s.proto": "syntax = \"proto3\"; package p; service S {}"])).compile(["s.proto"])
    func lines(_ visibility: StubVisibility, stated: Bool = false) throws -> [Substring] {
      let stubs = StubFileGenerator(result.fileSet, visibility: visibility, statesAccessOnImports: stated)
      return try #require(try stubs.source(for: "s.proto")).split(separator: "\n").filter {
        $0.contains("import Freshet")
      }
    }
    #expect(try lines(.internal) == ["import Freshet"])
    #expect(try lines(.package) == ["package import Freshet", "import Freshet"])
    #expect(try lines(.public) == ["public import Freshet"])
    #expect(try lines(.internal, stated: true) == ["internal import Freshet"])
    #expect(try lines(.package, stated: true) == ["package import Freshet"])
  }

  @Test func `A page's items may be from a module that the service's file does not import`() throws {
    let sources = SourceTree([
      "s.proto": """
      syntax = "proto3"; package p; import "page.proto";
      service S { rpc List(q.Request) returns (q.Response); }
      """,
      "page.proto": """
      syntax = "proto3"; package q; import "item.proto";
      message Request { int32 page_size = 1; string page_token = 2; }
      message Response { string next_page_token = 1; repeated r.Item items = 2; }
      """,
      "item.proto": "syntax = \"proto3\"; package r; message Item {}",
    ])
    let modules = try ProtoFileToModuleMappings(
      moduleMappingsProto: .with {
        $0.mapping = ["Page", "Item"].map { name in
          .with {
            $0.moduleName = name
            $0.protoFilePath = [name.lowercased() + ".proto"]
          }
        }
      })
    let text = try #require(
      try StubFileGenerator(Compiler(sources).compile(["s.proto"]).fileSet, modules: modules).source(for: "s.proto"))
    #expect(text.contains("\nimport Item\nimport Page\n"))
    #expect(text.contains("Item.R_Item"))
  }

  @Test func `An unknown file has no stubs`() throws {
    #expect(try StubFileGenerator(.init()).source(for: "none.proto") == nil)
  }

  private func stubs(of schema: String) throws -> String? {
    let result = Compiler(SourceTree(["s.proto": schema])).compile(["s.proto"])
    try #require(result.isUsable)
    return try StubFileGenerator(result.fileSet).source(for: "s.proto")
  }
}
