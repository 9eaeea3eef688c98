// W46: a stream of JSON, cut anywhere, into whole values.
import FreshetCore
import FreshetWeb
import NIOCore
import Testing

@Suite("JSONSplitter")
struct JSONSplitterTests {
  private func split(_ pieces: [[UInt8]], maxBytes: Int = 1000, maxDepth: Int = 100, takesOuterArray: Bool = true)
    throws(RPCError) -> [String]
  {
    var splitter = JSONSplitter(maxValueBytes: maxBytes, maxDepth: maxDepth, takesOuterArray: takesOuterArray)
    var values: [String] = []
    for piece in pieces {
      splitter.append(ByteBuffer(bytes: piece))
      while let value = try splitter.next() { values.append(text(value)) }
    }
    if let last = try splitter.finish() { values.append(text(last)) }
    return values
  }

  @Test(
    arguments: [
      ("", []), (" \r\n\t", []), ("{}", ["{}"]), ("{}{}", ["{}", "{}"]),
      (" {\"a\":1}\n{\"b\":[2]}\n", ["{\"a\":1}", "{\"b\":[2]}"]),
      ("[]", []), (" [ ] ", []), ("[{}]", ["{}"]), (" [ {} , {\"a\":[1,2]},3 ]\n", ["{}", "{\"a\":[1,2]}", "3"]),
      ("[[1],[]]", ["[1]", "[]"]), ("1 true\nnull \"a\"", ["1", "true", "null", "\"a\""]), ("-1.5e3", ["-1.5e3"]),
      ("\"a\"\"b\"", ["\"a\"", "\"b\""]), ("1{}2[]3\"\"", ["1", "{}", "2", "[]", "3", "\"\""]),
      ("[1,2,\"x\"]", ["1", "2", "\"x\""]),
      ("{\"}{\\\"]\":\"\\\\\"}{}", ["{\"}{\\\"]\":\"\\\\\"}", "{}"]), ("\"\\\"\" \"\\\\\"", ["\"\\\"\"", "\"\\\\\""]),
      ("{\"ä\":\"\u{1F600}\"}", ["{\"ä\":\"\u{1F600}\"}"]),
    ] as [(String, [String])])
  func `W46: values end where they end, however the bytes are cut`(json: String, values: [String]) throws {
    for pieces in cuts(Array(json.utf8)) { #expect(try split(pieces) == values, "\(pieces)") }
  }

  @Test(
    arguments: [
      ",", "{},{}", "[1 2]", "[,1]", "[1,,2]", "[1,]", "[1]]", "[1] 2", "[] []", "}", "]", "{", "[", "[1", "[1,", "\"a",
      "\"a\\\"",
      "{\"a\"", "[{}", "x", "(", "\u{FEFF}{}", "{}x", "// c", "'a'", "1}",
    ])
  func `W46: what cannot stand there is INVALID_ARGUMENT, however the bytes are cut`(json: String) {
    for pieces in cuts(Array(json.utf8)) {
      let error = #expect(throws: RPCError.self, "\(pieces)") { try split(pieces) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func `W46: a value is as long as the bound, and not a byte longer`() throws {
    for json in ["{\"a\":12}", "\"abcdef\"", "12345678", "[1,2,34]"] {
      for pieces in cuts(Array("{} \(json) {}".utf8)) {
        #expect(try split(pieces, maxBytes: 8) == ["{}", json, "{}"])
        let error = #expect(throws: RPCError.self) { try split(pieces, maxBytes: 7) }
        #expect(error?.code == .resourceExhausted)
      }
    }
    #expect(
      try split([Array("[\(Array(repeating: "{}", count: 100).joined(separator: ", "))]".utf8)], maxBytes: 2).count
        == 100)
    #expect(try split([Array(repeating: 0x20, count: 100)], maxBytes: 2) == [])
  }

  @Test func `W46: a value that is too long is refused before its end, and stays so`() {
    var splitter = JSONSplitter(maxValueBytes: 10)
    splitter.append(ByteBuffer(string: "{\"a\":\"bcdefgh"))
    for _ in 0..<3 {
      let error = #expect(throws: RPCError.self) { try splitter.next() }
      #expect(error?.code == .resourceExhausted)
      splitter.append(ByteBuffer(string: "\"} {}"))
    }
  }

  @Test func `W46: depth is bounded, brackets in strings and one behind the other aside`() throws {
    #expect(try split([Array("[[1]] {\"a\":[\"[[[\"]} [][]".utf8)], maxDepth: 2, takesOuterArray: false).count == 4)
    for pieces in cuts(Array("{} {\"a\":[{}]}".utf8)) {
      #expect(try split(pieces, maxDepth: 3).count == 2)
      let error = #expect(throws: RPCError.self) { try split(pieces, maxDepth: 2) }
      #expect(error?.code == .invalidArgument)
    }
    #expect(throws: RPCError.self) {
      try split([Array(repeating: UInt8(ascii: "["), count: 10_000)], maxBytes: 1 << 20)
    }
  }

  @Test func `W46: the outer array is only one where it is taken as such`() throws {
    #expect(try split([Array("[1,2] [3]".utf8)], takesOuterArray: false) == ["[1,2]", "[3]"])
    #expect(throws: RPCError.self) { try split([Array("{} [1,".utf8)]) }
    #expect(try split([Array("{} [1,2]".utf8)]) == ["{}", "[1,2]"])
  }

  @Test func `A value of many pieces keeps no more than itself`() throws {
    var splitter = JSONSplitter(maxValueBytes: 1000)
    for _ in 0..<100 {
      splitter.append(ByteBuffer(string: "{} {\"a\":\"" + String(repeating: "x", count: 500)))
      #expect(try splitter.next().map(text) == "{}")
      #expect(try splitter.next() == nil)
      #expect(splitter.bufferedBytes == 506)
      splitter.append(ByteBuffer(string: "\"}"))
      #expect(try splitter.next()?.readableBytes == 508)
      #expect(splitter.bufferedBytes == 0)
    }
  }
}
