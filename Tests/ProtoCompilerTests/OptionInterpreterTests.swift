// Options that mean nothing. Those that mean something are for the oracle tests.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct OptionInterpreterTests {
  @Test("An option that cannot be is named at its place", arguments: [
    ("option java_pakage = \"x\";", "1:8 a file has no option “java_pakage”; did you mean “java_package”?"),
    ("option java_package = 5;", "1:23 option “java_package” takes a string"),
    ("option java_package = \"\\377\";", "1:23 option “java_package” takes a string in UTF-8"),
    ("option deprecated = 1;", "1:21 option “deprecated” takes true or false"),
    ("option deprecated = maybe;", "1:21 option “deprecated” takes true or false"),
    ("option optimize_for = FAST;", "1:23 option “optimize_for” takes one of SPEED, CODE_SIZE, LITE_RUNTIME"),
    ("option deprecated = true; option deprecated = true;", "1:27 option “deprecated” is set twice"),
    ("option deprecated.part = true;", "1:8 the option “deprecated” has no parts"),
    ("option (my.option) = 1;", "1:8 the option “(my.option)” is not declared in this file or its imports"),
    ("option features.field_presence = EXPLICIT;", "1:8 proto3 has no features; editions have"),
    ("message M { int32 a = 1 [pakced = true]; }", "1:26 a field has no option “pakced”; did you mean “packed”?"),
    ("enum E { A = 0 [packed = true]; }", "1:17 an enum value has no option “packed”"),
    ("message M { oneof o { option deprecated = true; int32 a = 1; } }", "1:30 a oneof has no option “deprecated”"),
    (
      "service S { rpc A(M) returns (M) { option idempotency_level = NONE; } } message M {}",
      "1:63 option “idempotency_level” takes one of IDEMPOTENCY_UNKNOWN, NO_SIDE_EFFECTS, IDEMPOTENT"
    ),
  ])
  func mistakes(declarations: String, expected: String) {
    #expect(errors(declarations) == [expected])
  }

  @Test("Options younger than our oracle are kept as well")
  func youngOptions() throws {
    let result = compile(
      """
      syntax = "proto3";
      message M {
        string a = 1 [debug_redact = true, retention = RETENTION_SOURCE,
          targets = TARGET_TYPE_FIELD, targets = TARGET_TYPE_FILE];
      }
      """)
    #expect(result.diagnostics.map(\.description) == [])
    let file = try #require(result.fileSet.file.first)
    let options = file.messageType[0].field[0].options
    #expect(options.debugRedact)
    #expect(options.retention == .retentionSource)
    #expect(options.targets == [.targetTypeField, .targetTypeFile])
    let paths = file.sourceCodeInfo.location.map(\.path)
    #expect(paths.contains([4, 0, 2, 0, 8, 19, 0]) && paths.contains([4, 0, 2, 0, 8, 19, 1]))
  }
}
