// What the grammar rejects, where, and with which message. The oracle tests cover what it accepts.
import ProtoCompiler
import Testing

@Suite struct ParserTests {
  @Test(
    arguments: [
      ("message {}", "1:9 expected the name of the message, found “{”"),
      ("message M { string = 1; }", "1:20 expected the name of the field, found “=”"),
      ("message M { string s 1; }", "1:22 expected “=”, found “1”"),
      ("message M { string s; }", "1:20 field “s” has no number: “= 1” or the like is missing"),
      ("message M { string s = 0; }", "1:24 0 is out of range: the number of a field lies in 1 to 536870911"),
      (
        "message M { string s = 536870912; }",
        "1:24 536870912 is out of range: the number of a field lies in 1 to 536870911"
      ),
      (
        "message M { string s = 99999999999999999999; }",
        "1:24 99999999999999999999 is out of range: the number of a field lies in 1 to 536870911"
      ),
      ("message M { string s = -1; }", "1:24 expected the number of a field, found “-”"),
      ("message M { string s = \"1\"; }", "1:24 expected the number of a field, found a string"),
      ("message M { required string s = 1; }", "1:13 proto3 has no required fields"),
      ("message M { string s = 1 [default = \"x\"]; }", "1:27 proto3 has no default values"),
      ("message M { optional group G = 1 {} }", "1:22 proto3 has no groups"),
      ("message M { extensions 1 to 5; }", "1:13 proto3 has no extension ranges"),
      ("message M { extend M { } }", "1:24 the extension of “M” has no field"),
      ("extend M { }", "1:12 the extension of “M” has no field"),
      ("extend M { map<int32, int32> m = 1; }", "1:12 a map cannot be an extension"),
      ("export message M {}", "1:1 proto3 has no “export”: all declarations are visible"),
      (
        "import option \"google/protobuf/any.proto\";",
        "1:8 proto3 has no imports of options only; write a plain import"
      ),
      ("message M { repeated map<int32, int32> m = 1; }", "1:22 a map has no label: it is repeated by its nature"),
      ("message M { oneof o { map<int32, int32> m = 1; } }", "1:23 a map cannot be a member of a oneof"),
      ("message M { map<int32, map<int32, int32>> m = 1; }", "1:24 the values of a map cannot be maps"),
      ("message M { oneof o { repeated int32 m = 1; } }", "1:23 a member of a oneof has no label"),
      ("message M { reserved foo; }", "1:22 a reserved name stands in quotes"),
      ("message M { reserved 5 to 4; }", "1:22 this range ends before it begins"),
      ("message M { reserved 5 to ; }", "1:27 expected the last number of the range, found “;”"),
      ("message M { reserved \"a\",; }", "1:26 expected a name in quotes, found “;”"),
      ("message M { string s = 1 [deprecated]; }", "1:37 expected “=”, found “]”"),
      ("message M { string s = 1 [deprecated = ]; }", "1:40 expected the value of the option, found “]”"),
      ("enum E { A; }", "1:10 value “A” has no number: “= 0” or the like is missing"),
      (
        "enum E { A = 3000000000; }",
        "1:14 3000000000 is out of range: the number of a value lies in -2147483648 to 2147483647"
      ),
      ("service S { get(A) returns (B); }", "1:13 expected “rpc” or “option”, found “get”"),
      ("service S { rpc Get(A) (B); }", "1:24 expected “returns”, found “(”"),
      ("service S { rpc Get(A, B) returns (B); }", "1:22 expected “)”, found “,”"),
      (
        "service S { rpc Get(M) returns (M) { get: \"/\"; } } message M {}",
        "1:38 expected “option” or “}”, found “get”"
      ),
      ("import foo;", "1:8 expected the name of a file in quotes, found “foo”"),
      ("package 1;", "1:9 expected the name of the package, found “1”"),
      ("package a.;", "1:11 expected a name after the dot, found “;”"),
      ("package a; package b;", "1:12 a file belongs to one package; it was declared above"),
      ("syntax = \"proto3\";", "1:1 the version of the language is declared once, first"),
      ("option x = { a: 1;", "1:12 this value has no end: “}” is missing"),
      ("option x = -9223372036854775809;", "1:13 -9223372036854775809 does not fit in 64 bits"),
      (
        "mesage M {}",
        "1:1 expected “message”, “enum”, “service”, “extend”, “import”, “option” or “package”, found “mesage”"
      ),
      ("}", "1:1 this “}” closes nothing"),
      ("message M {", "1:12 message “M”, begun in line 1, has no end: “}” is missing"),
    ])
  func `A syntax error is reported at its position`(declarations: String, expected: String) {
    #expect(errors(declarations).first == expected)
  }

  @Test func `A missing semicolon is reported at the end of its line, and parsing continues`() {
    let found = errors("message M {\n  string a = 1\n  string b = 2;\n  string b = 3;\n}\n")
    #expect(found.first == "2:15 expected “;” here")
    #expect(found.last?.hasPrefix("4:10 “M.b” is declared already") == true)
  }

  @Test func `After an error the parser resumes at the next statement`() {
    let found = errors("message A { string 1; }\nmessage B { string s = x; { } ; int32 = 4; }\nenum E { = 1; }")
    #expect(found.map { $0.prefix(4) } == ["1:20", "2:24", "2:27", "2:39", "3:10"])
  }

  @Test(
    arguments: [
      ("syntax = \"proto4\"; nonsense", "“proto4” is no version of the schema language; there are “proto2”"),
      ("edition = \"2022\"; nonsense", "“2022” is no version of the schema language; there are editions 2023 and 2024"),
      ("edition = 2023; nonsense", "expected the year of an edition in quotes, found “2023”"),
    ])
  func `An unknown version is rejected once, without parsing the file`(text: String, message: String) throws {
    let findings = compile(text).diagnostics
    #expect(findings.count == 1)
    #expect(try #require(findings.first).message.contains(message))
  }

  @Test func `A file without a version is proto2, with a warning`() throws {
    let result = compile("message M { required int32 a = 1; }")
    #expect(result.isUsable)
    #expect(result.diagnostics.map(\.message) == ["the file says neither `syntax` nor `edition`, so it is proto2"])
  }

  @Test(
    arguments: [
      (
        "syntax = \"proto2\"; message M { int32 a = 1; }",
        "in proto2 a field begins with “optional”, “repeated” or “required”"
      ),
      (
        "edition = \"2023\"; message M { required int32 a = 1; }",
        "edition 2023 has no label “required”; write `[features.field_presence = LEGACY_REQUIRED]`"
      ),
      ("edition = \"2023\"; message M { reserved \"a\"; }", "in editions a reserved name stands without quotes"),
      ("edition = \"2023\"; local enum E { A = 0; }", "edition 2023 has no “local”: all declarations are visible"),
      (
        "edition = \"2024\"; import weak \"google/protobuf/any.proto\";",
        "edition 2024 has no weak imports; write `import option`, or no modifier"
      ),
      ("edition = \"2024\"; export service S {}", "expected “message” or “enum”, found “service”"),
      ("syntax = \"proto2\"; message M { optional group g = 1 {} }", "a group is also the name of a message"),
      (
        "syntax = \"proto2\"; message M { optional group G = 1; }",
        "expected “{” and the fields of the group, found “;”"
      ),
      (
        "syntax = \"proto2\"; message M { optional int32 a = 1 [default = 2147483648]; }",
        "the field holds -2147483648 to 2147483647"
      ),
      ("syntax = \"proto2\"; message M { optional uint32 a = 1 [default = -1]; }", "unsigned field is not negative"),
      (
        "syntax = \"proto2\"; message M { optional bool a = 1 [default = 1]; }", "expected “true” or “false”, found “1”"
      ),
      ("syntax = \"proto2\"; message M { optional M a = 1 [default = x]; }", "a message has no default value"),
    ])
  func `Each version has its own messages`(text: String, message: String) throws {
    let findings = compile(text).diagnostics
    #expect(try #require(findings.first).message.contains(message))
  }

  @Test func `Messages nest at most 32 deep`() {
    let nested = { (depth: Int) in
      String(repeating: "message M { ", count: depth) + String(repeating: "}", count: depth)
    }
    #expect(errors(nested(32)) == [])
    #expect(errors(nested(33)).first == "1:393 messages nest deeper than 32 levels")
    #expect(!errors(nested(100_000)).isEmpty)
  }

  @Test func `The length of names is bounded, in whole and in parts`() {
    let long = String(repeating: "a", count: 513)
    #expect(errors("message \(long) {}") == ["1:9 this name is longer than 512 characters"])
    #expect(errors("package \(Array(repeating: "a", count: 300).joined(separator: "."));").count == 1)
  }
}
