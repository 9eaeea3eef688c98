// The compiler as a whole: how errors in one file affect others, and warnings.
import ProtoCompiler
import SwiftProtobuf
import Testing

@Suite struct CompilerTests {
  @Test func `Errors of an import are reported once, without consequential errors`() {
    let result = compile(
      "syntax = \"proto3\"; import \"b.proto\"; message M { Broken b = 1; Missing m = 2; }",
      imports: ["b.proto": "syntax = \"proto3\"; message Broken { string }"])
    #expect(result.diagnostics.map { $0.location?.file } == ["b.proto"])
    #expect(!result.isUsable)
  }

  @Test func `An unused import is a warning in the files asked for, unless it is public`() {
    let files = [
      "used.proto": "syntax = \"proto3\"; import \"other.proto\"; message U {}",
      "other.proto": "syntax = \"proto3\"; message O {}",
    ]
    let result = compile(
      "syntax = \"proto3\"; import \"used.proto\"; import \"other.proto\"; message M { U u = 1; }", imports: files)
    #expect(result.diagnostics.map(\.message) == ["“other.proto” is imported and not used"])
    #expect(result.isUsable)
    #expect(compile("syntax = \"proto3\"; import public \"other.proto\";", imports: files).diagnostics.isEmpty)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A message of 60,000 fields compiles in linear time`() {
    let fields = (1...60_000).map { "int32 f\($0) = \($0 < 19_000 ? $0 : $0 + 1000);" }
    #expect(errors("message M { \(fields.joined(separator: " ")) }") == [])
  }

  @Test func `Compiling no files succeeds`() {
    let result = Compiler(SourceTree([:])).compile([])
    #expect(result.isUsable && result.fileSet.file.isEmpty)
  }
}
