// What the compiler of schemas knows, to be put where it does not belong.
public import Fuzzing

extension Mutator {
  /// One that damages schemas.
  public static func ofSchemas(seed: UInt64) -> Mutator { Mutator(seed: seed, words: schemaWords) }
}

private let schemaWords = [
  "{", "}", "[", "]", "(", ")", ";", "=", ",", ".", "-", "\"", "'", "/*", "*/", "//", "\\", "<", ">", "\0", "\u{FF}",
  "\n", "\r", "\t", "message", "enum", "oneof", "map<", "rpc", "stream", "option", "reserved", "to", "max", "import",
  "public", "package", "optional", "repeated", "-2147483648", "536870911", "18446744073709551616", "0x", "1e999",
  "inf", "nan", "json_name", "deprecated", "google.protobuf.Any", "allow_alias", "\"a\"", "features.x", "(a.b)",
  "required", "group", "extend", "extensions", "default =", "syntax = \"proto2\";", "edition = \"2023\";",
  "edition = \"2024\";", "export", "local", "weak", "features.field_presence = IMPLICIT", "message_set_wire_format",
  "[google.protobuf.Any]", "{ a: 1 b: [1, 2] c < d: \"e\" > }", "(features.custom.files) = {", "declaration = {",
  "google.protobuf.FileOptions", "import \"google/protobuf/descriptor.proto\";", "#", ":", "-inf",
]
