// Name resolution and its errors.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct LinkerTests {
  private func fieldTypes(_ declarations: String, imports: [String: String] = [:]) -> [String] {
    let result = compile("syntax = \"proto3\"; " + declarations, imports: imports)
    #expect(result.isUsable)
    return result.fileSet.file.last?.messageType.flatMap { $0.field.map(\.typeName) } ?? []
  }

  @Test func `Names resolve in the innermost scope`() {
    #expect(
      fieldTypes("package a.b; message M { message N {} N n = 1; .a.b.N o = 2; b.N p = 3; M.N q = 4; } message N {}")
        == [".a.b.M.N", ".a.b.N", ".a.b.N", ".a.b.M.N"])
  }

  @Test func `A field of the same name does not hide a type`() {
    #expect(fieldTypes("message N {} message M { N N = 1; }") == [".N"])
  }

  @Test func `Types come from imports and their public imports`() {
    let files = [
      "direct.proto": "syntax = \"proto3\"; package d; import public \"public.proto\"; message D {}",
      "public.proto": "syntax = \"proto3\"; package d; message P {}",
    ]
    let types = fieldTypes("import \"direct.proto\"; message M { d.D d = 1; d.P p = 2; }", imports: files)
    #expect(types == [".d.D", ".d.P"])
  }

  @Test func `A type of a file that is not imported is reported with its file`() {
    let files = [
      "direct.proto": "syntax = \"proto3\"; import \"hidden.proto\"; message D { d.H h = 1; }",
      "hidden.proto": "syntax = \"proto3\"; package d; message H {}",
    ]
    #expect(
      errors("import \"direct.proto\"; message M { D d = 1; d.H h = 2; }", imports: files)
        == ["1:45 “d.H” is declared in “hidden.proto”, which this file does not import"])
  }

  @Test(
    arguments: [
      ("message M { strnig s = 1; }", "1:13 “strnig” is not declared; did you mean “string”?"),
      ("message M { int s = 1; }", "1:13 “int” is not declared; did you mean “int32”?"),
      ("message Color {} message M { Colour c = 1; }", "1:30 “Colour” is not declared; did you mean “Color”?"),
      (
        "package p; message M { message In {} } message N { In i = 1; }",
        "1:52 “In” is not declared; did you mean “M.In”?"
      ),
      ("message M { map<string, Nothing> m = 1; }", "1:25 “Nothing” is not declared"),
      ("message M { .M.N n = 1; }", "1:13 “.M.N” is not declared"),
      ("service S { rpc Get(Mm) returns (M); } message M {}", "1:21 “Mm” is not declared; did you mean “M”?"),
      (
        "enum E { Z = 0; } service S { rpc Get(M) returns (E); } message M {}",
        "1:51 “E” is an enum; a method takes and returns messages"
      ),
    ])
  func `An unresolved name is an error with a suggestion`(declarations: String, expected: String) {
    #expect(errors(declarations) == [expected])
  }

  @Test func `An inner scope's match of the first component hides outer names, as in C++`() {
    let found = errors("package a; message b { message c {} message a { } a.b.c x = 1; }")
    #expect(found.count == 1)
    #expect(found.first?.contains("“a.b.a”, the nearest meaning of its first part, does not contain it") == true)
  }
}
