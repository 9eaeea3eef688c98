// Duplicate names.
import ProtoCompiler
import Testing

@Suite struct SymbolTableTests {
  @Test(
    arguments: [
      ("message M {}\nenum M { A = 0; }", "2:6 “M” is declared already, as a message, at test.proto:1"),
      ("message M { string a = 1;\nint32 a = 2; }", "2:7 “M.a” is declared already, as a field, at test.proto:1"),
      (
        "message M { oneof a { int32 b = 1; }\nmessage a {} }",
        "2:9 “M.a” is declared already, as a oneof, at test.proto:1"
      ),
      (
        "service S { rpc A(M) returns (M);\nrpc A(M) returns (M); } message M {}",
        "2:5 “S.A” is declared already, as a method, at test.proto:1"
      ),
      (
        "enum A { X = 0; }\nenum B { X = 0; }",
        "2:10 “X” is declared already, as an enum value, at test.proto:1 "
          + "(values of an enum belong to the scope around it)"
      ),
      (
        "message M { map<int32, int32> f = 1;\nmessage FEntry {} }",
        "2:9 “M.FEntry” is declared already, as a message, at test.proto:1"
      ),
    ])
  func `A duplicate declaration is an error that points to the first`(declarations: String, expected: String) {
    #expect(errors(declarations) == [expected])
  }

  @Test func `Files may share a package, but not a name in it`() {
    let other = ["o.proto": "syntax = \"proto3\"; package p.q; message M {}"]
    #expect(errors("import \"o.proto\"; package p.q; message N { M m = 1; }", imports: other) == [])
    #expect(
      errors("import \"o.proto\"; package p.q; message M {}", imports: other)
        == ["1:40 “p.q.M” is declared already, as a message, at o.proto:1"])
    #expect(
      errors("import \"o.proto\"; package p; message q {}", imports: other)
        == ["1:38 “p.q” is declared already, as a package, at o.proto:1"])
  }
}
