// The rules of proto3.
import ProtoCompiler
import Testing

@Suite struct ValidatorTests {
  @Test("A message that breaks a rule is refused at the place", arguments: [
    ("int32 a = 1; int32 b = 1;", "1:36 number 1 belongs to field “a” already"),
    ("reserved 2 to 4; int32 a = 3;", "1:40 number 3 is reserved"),
    ("reserved 2; int32 a = 1; reserved \"a\";", "1:31 “a” is reserved"),
    ("reserved 1 to 5, 5;", "1:30 5 overlaps with 1 to 5, which is reserved already"),
    ("reserved 9; reserved 1 to max;", "1:34 1 to 536870911 overlaps with 9, which is reserved already"),
    ("reserved \"a\", \"a\";", "1:27 “a” is reserved twice"),
    ("int32 a = 19500;", "1:23 numbers 19000 to 19999 are kept for implementations of protocol buffers"),
    ("int32 a_b = 1; int32 aB = 2;", "1:34 “aB” is the name in JSON of field “a_b” already"),
    ("int32 a = 1; int32 b = 2 [json_name = \"a\"];", "1:39 “a” is the name in JSON of field “a” already"),
    ("int32 a = 1 [json_name = \"[a]\"];", "1:26 a name in JSON cannot stand in brackets"),
    ("int32 a = 1 [json_name = \"x\", json_name = \"y\"];", "1:43 the name in JSON is given twice"),
    ("oneof o {}", "1:19 oneof “o” has no member"),
    ("map<double, int32> a = 1;", "1:17 the key of a map is an integer, a bool or a string"),
    ("map<M, int32> a = 1;", "1:17 the key of a map is an integer, a bool or a string"),
    ("string a = 1 [packed = true];", "1:26 only a repeated field of numbers, bools or enums can be packed"),
    ("repeated string a = 1 [packed = true];", "1:35 only a repeated field of numbers, bools or enums can be packed"),
    ("int32 a = 1 [lazy = true];", "1:25 only a field of a message type can be lazy"),
    ("int32 a = 1 [jstype = JS_STRING];", "1:25 jstype is for integers of 64 bits"),
    ("option message_set_wire_format = true;", "1:13 proto3 has no message sets"),
    ("option map_entry = true;", "1:13 map_entry is not for schemas to set: declare a field of type map<…, …>"),
  ])
  func messages(body: String, expected: String) {
    #expect(errors("message M { \(body) }") == [expected])
  }

  @Test("An enum that breaks a rule is refused at the place", arguments: [
    ("", "1:6 enum “E” has no value"),
    ("A = 1;", "1:14 the first value of an enum is the default and must be 0 in proto3"),
    ("A = 0; B = 0;", "1:21 number 0 belongs to value “A” already; `option allow_alias = true;` permits it"),
    ("option allow_alias = true; A = 0;", "1:10 allow_alias is set, but no two values share a number"),
    ("A = 0; reserved -5 to 0;", "1:14 number 0 is reserved"),
    ("A = 0; reserved \"A\";", "1:10 “A” is reserved"),
    ("A = 0; reserved 5 to max; reserved 7;", "1:45 7 overlaps with 5 to 2147483647, which is reserved already"),
    ("A = 0; e_a = 1;", "1:17 “e_a” and “A” are the same name without case and the prefix “E”"),
  ])
  func enums(body: String, expected: String) {
    #expect(errors("enum E { \(body) }").first == expected)
  }
}
