// The rules of proto3.
import ProtoCompiler
import Testing

@Suite struct ValidatorTests {
  @Test(
    arguments: [
      ("int32 a = 1; int32 b = 1;", "1:36 number 1 belongs to field “a” already"),
      ("reserved 2 to 4; int32 a = 3;", "1:22 number 3 of field “a” is reserved here"),
      ("reserved 2; int32 a = 1; reserved \"a\";", "1:31 “a” is reserved"),
      ("reserved 1 to 5, 5;", "1:22 1 to 5 overlaps with 5, which is reserved, too"),
      ("reserved 9; reserved 1 to max;", "1:22 9 overlaps with 1 to 536870911, which is reserved, too"),
      ("reserved \"a\", \"a\";", "1:27 “a” is reserved twice"),
      ("int32 a = 19500;", "1:23 numbers 19000 to 19999 are kept for implementations of protocol buffers"),
      ("int32 a_b = 1; int32 aB = 2;", "1:34 “aB” is the name in JSON of field “a_b” already"),
      ("int32 a = 1; int32 b = 2 [json_name = \"a\"];", "1:39 “a” is the name in JSON of field “a” already"),
      ("int32 a = 1 [json_name = \"[a]\"];", "1:26 a name in JSON cannot stand in brackets"),
      ("int32 a = 1 [json_name = \"x\", json_name = \"y\"];", "1:43 the name in JSON is given twice"),
      ("oneof o {}", "1:22 oneof “o” has no member"),
      ("map<double, int32> a = 1;", "1:17 the key of a map is an integer, a bool or a string"),
      ("map<M, int32> a = 1;", "1:17 the key of a map is an integer, a bool or a string"),
      ("string a = 1 [packed = true];", "1:26 only a repeated field of numbers, bools or enums can be packed"),
      ("repeated string a = 1 [packed = true];", "1:35 only a repeated field of numbers, bools or enums can be packed"),
      ("int32 a = 1 [lazy = true];", "1:25 only a field of a message type can be lazy"),
      ("int32 a = 1 [jstype = JS_STRING];", "1:25 jstype is for integers of 64 bits"),
      ("option message_set_wire_format = true;", "1:13 proto3 has no message sets"),
      ("option map_entry = true;", "1:13 map_entry is not for schemas to set: declare a field of type map<…, …>"),
    ])
  func `An invalid message is rejected at the position`(body: String, expected: String) {
    #expect(errors("message M { \(body) }") == [expected])
  }

  @Test(
    arguments: [
      ("", "1:6 enum “E” has no value"),
      ("A = 1;", "1:14 the first value of an enum is the default and must be 0 in proto3"),
      ("A = 0; B = 0;", "1:21 number 0 belongs to value “A” already; `option allow_alias = true;` permits it"),
      ("option allow_alias = true; A = 0;", "1:10 allow_alias is set, but no two values share a number"),
      ("A = 0; reserved -5 to 0;", "1:26 number 0 of value “A” is reserved here"),
      ("A = 0; reserved \"A\";", "1:10 “A” is reserved"),
      ("A = 0; reserved 5 to max; reserved 7;", "1:26 5 to 2147483647 overlaps with 7, which is reserved, too"),
      ("A = 0; e_a = 1;", "1:17 “e_a” and “A” are the same name without case and the prefix “E”"),
    ])
  func `An invalid enum is rejected at the position`(body: String, expected: String) {
    #expect(errors("enum E { \(body) }").first == expected)
  }

  @Test(
    arguments: [
      ("extend M { optional int32 a = 10; }", "“M” does not leave number 10 to extensions"),
      ("extend M { optional int32 a = 5; optional int32 b = 5; }", "number 5 of “M” belongs to “a” already"),
      ("extend M { required int32 a = 5; }", "an extension cannot be required"),
      ("extend M { optional int32 a = 5 [json_name = \"x\"]; }", "an extension has no name in JSON"),
      ("extend Set { optional int32 a = 5; }", "an extension of a message set is a single message"),
      ("extend Declared { optional int32 a = 5; }", "declares extension 5 with type “string”, not “int32”"),
      ("extend Declared { optional string b = 5; }", "declares extension 5 as “.a”, not “.b”"),
      ("extend Declared { repeated string a = 5; }", "declares extension 5 not repeated"),
      ("extend Declared { optional string a = 6; }", "declares number 6 reserved"),
      ("extend Declared { optional string a = 7; }", "has no declaration for an extension with number 7"),
      ("message N { extensions 1 to 9; extensions 5; }", "1 to 9 overlaps with 5, which is left to extensions, too"),
      ("message N { extensions 1 to 9; reserved 5; }", "1 to 9 overlaps with 5, which is reserved"),
      ("message N { extensions 1 to 536870912; }", "the numbers of extensions go up to 536870911"),
      ("message N { extensions 1 to 9; optional int32 a = 5; }", "number 5 of field “a” is left to extensions here"),
      ("message N { extensions 1 to 9 [declaration = { number: 3 }]; }", "needs both `full_name` and `type`"),
      (
        "message N { extensions 1 to 9 [declaration = { number: 3 full_name: \"a\" type: \"int32\" }]; }",
        "“a” is no full name, which begins with a dot"
      ),
      (
        "message N { extensions 1 to 9 [verification = UNVERIFIED, declaration = { number: 30 reserved: true }]; }",
        "a range with declarations cannot be UNVERIFIED"
      ),
      ("message N { optional N a = 1 [default = x]; }", "a message has no default value"),
      (
        "enum E { A = 0; } message N { optional E a = 1 [default = B]; }",
        "enum “E” has no value “B”; did you mean “A”?"
      ),
      ("message N { repeated int32 a = 1 [default = 1]; }", "a repeated field has no default value"),
      ("message N { map<int32, int32> a = 1; optional AEntry b = 2; }", "“N.AEntry” is the message of a map's entries"),
    ])
  func `Extensions are checked against the extended message`(declarations: String, expected: String) {
    let findings = compile(
      """
      syntax = "proto2";
      message M { extensions 1 to 9; }
      message Set { option message_set_wire_format = true; extensions 4 to max; }
      message Declared {
        extensions 5 to 9 [
          declaration = { number: 5 full_name: ".a" type: "string" },
          declaration = { number: 6 reserved: true }
        ];
      }
      \(declarations)
      """
    ).diagnostics
    #expect(findings.contains { $0.message.contains(expected) }, "\(findings)")
    #expect(findings.allSatisfy { ($0.location?.line ?? 0) >= 10 })
  }

  @Test(
    arguments: [
      ("int32 a = 1 [features.nothing = 1];", "“google.protobuf.FeatureSet” has no option “nothing”"),
      ("int32 a = 1 [features.enum_type = OPEN];", "feature “enum_type” cannot be set on a field"),
      ("int32 a = 1 [features.enforce_naming_style = STYLE2024];", "came with edition 2024"),
      ("repeated int32 a = 1 [features.field_presence = EXPLICIT];", "a repeated field has no field_presence"),
      ("oneof o { int32 a = 1 [features.field_presence = EXPLICIT]; }", "a member of a oneof has no field_presence"),
      ("M a = 1 [features.field_presence = IMPLICIT];", "a message cannot have IMPLICIT presence"),
      ("int32 a = 1 [features.field_presence = IMPLICIT, default = 1];", "no default value but zero"),
      ("int32 a = 1 [features.repeated_field_encoding = PACKED];", "is for repeated fields"),
      ("repeated string a = 1 [features.repeated_field_encoding = PACKED];", "can be PACKED"),
      ("int32 a = 1 [features.utf8_validation = NONE];", "utf8_validation is for strings"),
      ("int32 a = 1 [features.message_encoding = DELIMITED];", "is for fields of a message type"),
      ("repeated int32 a = 1 [packed = true];", "edition 2023 has no option packed"),
    ])
  func `Features that do not apply or contradict the field are rejected`(
    body: String, expected: String
  ) {
    let findings = compile("edition = \"2023\"; message M { \(body) }").diagnostics
    #expect(findings.contains { $0.message.contains(expected) }, "\(findings)")
  }

  @Test(
    arguments: [
      ("package Aa;", "package “Aa” is not in lower_snake_case"),
      ("message m {}", "message “m” is not in TitleCase"),
      ("message M { int32 aB = 1; }", "field “aB” is not in lower_snake_case"),
      ("message M { int32 a_1 = 1; }", "field “a_1” is not in lower_snake_case"),
      ("enum E { a = 0; }", "enum value “a” is not in UPPER_SNAKE_CASE"),
      ("message M { oneof O { int32 a = 1; } }", "oneof “O” is not in lower_snake_case"),
      ("message M {} service S { rpc get(M) returns (M); }", "method “get” is not in TitleCase"),
    ])
  func `Edition 2024 enforces the naming style unless it is disabled`(declarations: String, expected: String) {
    let findings = compile("edition = \"2024\"; \(declarations)").diagnostics
    #expect(findings.map { $0.message.contains(expected) } == [true], "\(findings)")
    let legacy = "edition = \"2024\"; option features.enforce_naming_style = STYLE_LEGACY;"
    #expect(compile("\(legacy) \(declarations)").isUsable)
  }
}
