// Imports: found, missing, and cyclic.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct LoaderTests {
  private let proto3 = "syntax = \"proto3\"; "

  @Test func `Every file is listed once, after its imports`() {
    let files = [
      "a.proto": proto3 + "import \"b.proto\"; import \"c.proto\"; message A { B b = 1; C c = 2; }",
      "b.proto": proto3 + "import \"c.proto\"; message B { C c = 1; }", "c.proto": proto3 + "message C {}",
    ]
    let result = Compiler(SourceTree(files)).compile(["a.proto", "b.proto"])
    #expect(result.diagnostics.map(\.description) == [])
    #expect(result.fileSet.file.map(\.name) == ["c.proto", "b.proto", "a.proto"])
  }

  @Test func `An import cycle is shown in full`() {
    let files = ["b.proto": proto3 + "import \"c.proto\";", "c.proto": proto3 + "import \"test.proto\";"]
    let result = compile(proto3 + "import \"b.proto\";", imports: files)
    #expect(
      result.diagnostics.map(\.message).first
        == "files import each other in a circle: “test.proto” → “b.proto” → “c.proto” → “test.proto”")
    #expect(errors("import \"test.proto\";").first?.contains("in a circle: “test.proto” → “test.proto”") == true)
  }

  @Test func `A missing import names the proto paths, or suggests a well-known file`() {
    let file = SourceTree.File(displayPath: "one/a.proto", bytes: Array("\(proto3)import \"b.proto\";".utf8))
    let tree = SourceTree(searched: ["one", "two"]) { $0 == "a.proto" ? .found(file) : .missing }
    #expect(
      Compiler(tree).compile(["a.proto"]).diagnostics.map(\.message)
        == ["“b.proto” is not found; searched in the proto paths “one”, “two”"])
    #expect(
      errors("import \"google/protobuf/timestmp.proto\";").first
        == "1:1 “google/protobuf/timestmp.proto” is not found; did you mean “google/protobuf/timestamp.proto”?")
  }

  @Test func `An unreadable file is reported with the reason`() {
    let tree = SourceTree(searched: []) { _ in .unreadable(reason: "permission denied") }
    #expect(
      Compiler(tree).compile(["a.proto"]).diagnostics.map(\.message) == ["“a.proto” cannot be read: permission denied"])
  }

  @Test(arguments: ["../a.proto", "/etc/a.proto", "a\\\\b.proto", ""])
  func `A name outside the proto paths is rejected`(name: String) {
    #expect(errors("import \"\(name)\";").first?.contains("is no name of a schema") == true)
  }

  @Test func `The depth of imports is bounded`() {
    let tree = SourceTree(searched: []) { name in
      let next = (Int(name.prefix { $0 != "." }) ?? 0) + 1
      return .found(.init(displayPath: name, bytes: Array("syntax = \"proto3\"; import \"\(next).proto\";".utf8)))
    }
    let result = Compiler(tree).compile(["0.proto"])
    #expect(result.diagnostics.map(\.message) == ["imports go deeper than 256 files"])
  }

  @Test func `A file given twice, or imported twice, is an error only in the second case`() {
    let tree = SourceTree(["a.proto": proto3 + "import \"b.proto\"; import \"b.proto\";", "b.proto": proto3])
    #expect(Compiler(tree).compile(["b.proto", "b.proto"]).fileSet.file.count == 1)
    #expect(Compiler(tree).compile(["a.proto"]).diagnostics.map(\.message).first == "“b.proto” is imported twice")
  }
}
