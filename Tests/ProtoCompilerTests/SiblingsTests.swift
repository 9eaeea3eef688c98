// Schemas with very many siblings or deep nesting, on which quadratic algorithms would not finish.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct SiblingsTests {
  private static let many = 6000

  private static let schemas: [(name: String, text: String)] = [
    ("maps", "message M { \(list { "map<int32, M> f\($0) = \($0 < 18_999 ? $0 + 1 : $0 + 1001);" }) }"),
    ("nested messages", "message M { \(list { "message N\($0) {} N\($0) f\($0) = \($0 + 1);" }) }"),
    ("enums", "\(list { "enum E\($0) { V\($0) = 0; }" }) message M { \(list { "E\($0) f\($0) = \($0 + 1);" }) }"),
    ("values", "enum E { \(list { "V\($0) = \($0);" }) } message M { \(list { "E f\($0) = \($0 + 1);" }) }"),
    ("methods", "message M {} service S { \(list { "rpc R\($0)(M) returns (stream M);" }) }"),
    ("oneof members", "message M { oneof o { \(list { "M f\($0) = \($0 + 1);" }) } }"),
    ("optional fields", "message M { \(list { "optional M f\($0) = \($0 + 1);" }) }"),
    (
      "extensions",
      """
      import "google/protobuf/descriptor.proto";
      extend google.protobuf.FileOptions { \(list { "int32 o\($0) = \($0 + 50_000);" }) }
      \(list { "option (o\($0)) = 1;" })
      """
    ),
    (
      "parts of one option",
      """
      import "google/protobuf/descriptor.proto";
      message O { \(list { "int32 a\($0) = \($0 + 1);" }) }
      extend google.protobuf.FileOptions { O o = 50000; }
      \(list { "option (o).a\($0) = 1;" })
      """
    ),
    (
      "values in options",
      """
      import "google/protobuf/descriptor.proto";
      enum E { \(list { "V\($0) = \($0);" }) }
      extend google.protobuf.FieldOptions { E e = 50000; }
      message M { \(list { "int32 f\($0) = \($0 + 1) [(e) = V\($0)];" }) }
      """
    ),
  ]

  private static func list(_ text: (Int) -> String) -> String { (0..<many).map(text).joined(separator: "\n") }

  @Test(arguments: 0..<schemas.count)
  func `Many siblings compile`(index: Int) {
    let schema = Self.schemas[index]
    let result = compile("syntax = \"proto3\"; package p;\n" + schema.text)
    #expect(result.diagnostics.map(\.description) == [], "\(schema.name)")
  }

  @Test func `Extensions of many ranges, each declared, compile`() {
    let ranges = Self.list { number in
      "extensions \(number + 1) [declaration = { number: \(number + 1) full_name: \".p.x\(number)\" type: \"int32\" }];"
    }
    let text = """
      syntax = "proto2"; package p;
      message M { \(ranges) }
      extend M { \(Self.list { "optional int32 x\($0) = \($0 + 1);" }) }
      """
    #expect(compile(text).diagnostics.map(\.description) == [])
  }

  @Test func `The number of reported duplicates is bounded`() {
    let text = "syntax = \"proto3\"; message M { \(Self.list { _ in "int32 a = 1;" }) }"
    #expect(compile(text).diagnostics.count == 100)
  }

  @Test func `An option name with too many parts is rejected at the first excess part`() {
    let parts = String(repeating: ".o", count: 20_000)
    let text = """
      syntax = "proto3";
      import "google/protobuf/descriptor.proto";
      message O { O o = 1; int32 a = 2; }
      extend google.protobuf.FileOptions { O fo = 50000; }
      option (fo)\(parts).a = 1;
      """
    let finding = compile(text).diagnostics.first
    #expect(finding?.message == "this option lies deeper than 100 messages")
    #expect(finding?.location?.line == 5)
    #expect(finding?.location?.column == "option (fo)".count + 99 * 2 + 2)
  }

  @Test(
    arguments: [
      "message M { \(String(repeating: "message A {", count: 5000)) \(String(repeating: "}", count: 5000)) }",
      "message M { \(String(repeating: "optional group A = 1 {", count: 5000)) \(String(repeating: "}", count: 5000)) }",
      "option (o) = { \(String(repeating: "m {", count: 5000)) \(String(repeating: "}", count: 5000)) };",
      "option (o) = { \(String(repeating: "m <", count: 5000)) \(String(repeating: ">", count: 5000)) };",
      "option (o) = { \(String(repeating: "l: [{", count: 5000)) \(String(repeating: "}]", count: 5000)) };",
    ])
  func `Excessive nesting is rejected at its position`(declaration: String) {
    let text = """
      syntax = "proto2"; import "google/protobuf/descriptor.proto";
      message O { optional O m = 1; repeated O l = 2; } extend google.protobuf.FileOptions { optional O o = 50000; }
      \(declaration)
      """
    let finding = compile(text).diagnostics.first
    #expect(finding?.message.contains("deeper than") == true, "\(finding?.message ?? "nothing was found")")
    #expect(finding?.location?.line == 3)
  }
}
