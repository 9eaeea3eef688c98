// Strict JSON (RFC 8259), in bounds.
import NIOCore
import Testing

@testable import FreshetWeb

@Suite("JSONReader")
struct JSONReaderTests {
  private func check(_ json: some Sequence<UInt8>, maxDepth: Int = 100) throws(JSONError) {
    var reader = JSONReader(json, maxDepth: maxDepth)
    try reader.skip()
    try reader.finish()
  }

  private func string(_ json: String) throws(JSONError) -> String {
    var reader = JSONReader(json.utf8)
    let string = try reader.readString()
    try reader.finish()
    return string
  }

  @Test(
    arguments: [
      "null", " true ", "false", "0", "-0", "-0.5", "10.25e+3", "1E-2", "\"\"", "[]", "{}", "[1,\"a\",null]",
      "\r\n\t{ \"a\" : [ { } , [ ] ] , \"a\" : 1 } ", "\"\\ud83d\\ude00\"", "\"\u{7F}\u{FFFF}\"",
    ])
  func `JSON is taken`(json: String) throws { try check(json.utf8) }

  @Test(
    arguments: [
      "", " ", "nul", "nulll", "tru", "True", "01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "\"", "\"\\",
      "\"\\u12",
      "\"\\u12g4\"", "\"\\x41\"", "\"a\nb\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "[", "[1", "[1,",
      "[1,]",
      "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "]", "}",
      "[}",
      "{]", "1 2", "{}{}", "// c\n1", "'a'", "\u{FEFF}{}",
    ])
  func `What is no JSON is not`(json: String) { #expect(throws: JSONError.self) { try check(json.utf8) } }

  @Test func `A text that is no UTF-8 is no JSON`() {
    for bytes: [UInt8] in [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [0xC3], [0xF4, 0x90, 0x80, 0x80]] {
      #expect(throws: JSONError(problem: "a string is no UTF-8", offset: 1)) {
        try check([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
      }
    }
  }

  @Test func `Escapes are what they stand for`() throws {
    #expect(try string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u0000\\ud83d\\ude00ä\"") == "\"\\/\u{8}\u{C}\n\r\tä\0😀ä")
  }

  @Test func `Depth is bounded`() throws {
    let deep = String(repeating: "[", count: 3) + String(repeating: "]", count: 3)
    try check(deep.utf8, maxDepth: 3)
    #expect(throws: JSONError.self) { try check(deep.utf8, maxDepth: 2) }
    #expect(throws: JSONError.self) { try check(String(repeating: "{\"a\":", count: 10_000).utf8) }
    try check(("[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]").utf8, maxDepth: 3)
  }

  @Test func `What was written is read as it was`() throws {
    let scalars = (0...0x2FF).compactMap { Unicode.Scalar($0) } + ["\u{2028}", "\u{FFFF}", "😀"]
    let all = String(String.UnicodeScalarView(scalars))
    var json = ByteBuffer()
    json.writeJSON(all)
    #expect(try string(text(json)) == all)
    #expect(json.readableBytesView.allSatisfy { $0 >= 0x20 })
  }
}
