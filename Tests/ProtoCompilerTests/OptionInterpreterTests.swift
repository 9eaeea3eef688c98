// Invalid options. The oracle tests cover valid ones.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct OptionInterpreterTests {
  @Test(
    arguments: [
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
  func `An invalid option is reported at its position`(declarations: String, expected: String) {
    #expect(errors(declarations) == [expected])
  }

  @Test func `Options newer than the oracle are kept`() throws {
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

  @Test func `An Any's type or an extension in an aggregate option uses its import`() {
    let text = """
      syntax = "proto2"; package p;
      import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto";
      import "google/protobuf/duration.proto"; import "extension.proto";
      message O { optional google.protobuf.Any any = 1; extensions 100; }
      extend google.protobuf.MessageOptions { optional O o = 50003; }
      message M {
        option (o) = { any { [type.googleapis.com/google.protobuf.Duration] { seconds: 5 } } [q.x]: 1 };
      }
      """
    let imports = [
      "extension.proto":
        "syntax = \"proto2\"; package q; import \"base.proto\"; extend Base { optional int32 y = 100; }",
      "base.proto": "syntax = \"proto2\"; package q; message Base { extensions 100; }",
    ]
    // The extension of this file's message cannot be in a file that it imports, so an invalid one replaces it.
    #expect(
      compile(text, imports: imports).diagnostics.first?.message == "“p.O” has no extension “q.x” that is known here")
    let plain = text.replacing(" [q.x]: 1", with: "").replacing(" import \"extension.proto\";", with: "")
    #expect(compile(plain).diagnostics.map(\.description) == [])
  }

  @Test func `Source-retention options are dropped from descriptors after validation`() throws {
    let text = """
      edition = "2023"; package p;
      import "google/protobuf/descriptor.proto";
      extend google.protobuf.FieldOptions { string owner = 50000 [retention = RETENTION_SOURCE]; }
      message M {
        int32 x = 1 [(owner) = "team-internal-note"];
        extensions 100 [declaration = { number: 100 full_name: ".p.y" type: "int32" }];
      }
      extend M { int64 y = 100; }
      """
    let wrong = compile(text)
    #expect(wrong.diagnostics.map(\.message) == ["“p.M” declares extension 100 with type “int32”, not “int64”"])
    let result = compile(text.replacing("int64 y", with: "int32 y"))
    #expect(result.diagnostics.map(\.description) == [])
    let file = try #require(result.fileSet.file.last)
    #expect(!file.messageType[0].field[0].hasOptions)
    #expect(!file.messageType[0].extensionRange[0].hasOptions)
    let bytes: [UInt8] = try file.serializedBytes()
    #expect(!String(decoding: bytes, as: UTF8.self).contains("team-internal-note"))
    #expect(!file.sourceCodeInfo.location.contains { $0.path.starts(with: [4, 0, 2, 0, 8, 50000]) })
  }

  @Test func `A field of another message is not an option; an undotted name resolves innermost first`() {
    let descriptor = "import \"google/protobuf/descriptor.proto\"; "
    #expect(
      errors(descriptor + "message M { option (google.protobuf.FileOptions.java_package) = \"x\"; }").first?.hasSuffix(
        "“google.protobuf.FileOptions.java_package” is a field of “google.protobuf.FileOptions”, not "
          + "“google.protobuf.MessageOptions”") == true)
  }
}
