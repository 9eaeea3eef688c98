// The rendering of diagnostics.
import ProtoCompiler
import Testing

@Suite struct DiagnosticTests {
  @Test func `An error shows its position, its line and a caret under the token`() {
    let result = compile("syntax = \"proto3\";\nmessage M {\n  strin name = 1;\n}\n")
    #expect(
      result.diagnostics.map(\.description) == [
        """
        test.proto:3:3: error: “strin” is not declared; did you mean “string”?
            strin name = 1;
            ^~~~~
        """
      ])
    #expect(!result.isUsable)
  }

  @Test func `Tabs before the position are kept, so the caret is aligned`() throws {
    let finding = try #require(compile("syntax = \"proto3\";\nmessage M {\n\tX\tö = 1;\n}").diagnostics.first)
    #expect(finding.description.hasSuffix("\n  \tX\tö = 1;\n  \t \t^"))
    #expect(finding.location?.column == 4)
  }

  @Test func `Windows line endings are supported`() throws {
    let finding = try #require(compile("syntax = \"proto3\";\r\nmessage M {\r\n  X x = 1;\r\n}").diagnostics.first)
    #expect(finding.description.hasSuffix("\n    X x = 1;\n    ^"))
  }

  @Test func `A diagnostic without a position shows none`() {
    let result = Compiler(SourceTree([:])).compile(["gone.proto"])
    #expect(result.diagnostics.map(\.description) == ["error: “gone.proto” is not found"])
  }

  @Test func `Several errors are reported in one run, in source order`() {
    let found = errors("message A { X x = 1; }\nmessage B { int32 a = 1; int32 b = 1; }\nmessage C { Y y = 1; }")
    #expect(found.map { $0.prefix(4) } == ["1:13", "2:36", "3:13"])
  }

  @Test func `The number of diagnostics per file is bounded`() {
    #expect(errors(String(repeating: "message M { X x = 1; }\n", count: 500)).count == 100)
  }
}
