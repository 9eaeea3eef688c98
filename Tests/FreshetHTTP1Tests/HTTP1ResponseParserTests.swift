// Responses in HTTP/1.1, cut anywhere, and what is wrong with them.
import FreshetHTTP
import Testing

@testable import FreshetHTTP1

@Suite struct HTTP1ResponseParserTests {
  /// Events as texts; the parts of a body are joined.
  private func events(
    _ text: String, pieceBytes: Int = .max, isHead: Bool = false, maxHeaderBytes: Int = 1000
  ) -> [String] {
    var parser = HTTP1ResponseParser(maxHeaderBytes: maxHeaderBytes, maxFields: 5)
    var events: [String] = [], body = ""
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      do {
        try piece.withUnsafeBytes { bytes in
          var input = bytes
          while let event = try parser.next(&input, isHead: isHead) {
            switch event {
            case .head(let head):
              events.append("\(head.status) \(Self.text(head.fields))\(head.keepsAlive ? "" : " closes")")
            case .body(let part): body += String(decoding: part, as: UTF8.self)
            case .end:
              events.append(body)
              body = ""
            }
          }
        }
      } catch {
        events.append(error as? HTTP1ResponseParser.Failure == .tooLong ? "too long" : "malformed")
        return events
      }
    }
    if !body.isEmpty { events.append("… \(body)") }
    return events
  }

  private static func text(_ fields: HeaderFields) -> String {
    var texts: [String] = []
    fields.forEach { name, value in
      if name.first != UInt8(ascii: ":") {
        texts.append("\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
      }
    }
    return texts.joined(separator: ",")
  }

  @Test(arguments: [1, 2, 3, 7, .max]) func `responses are the same however they are cut`(_ pieceBytes: Int) {
    let text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nlink: x\r\n\r\n"
      + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b\t \r\nConnection: keep-alive\r\n\r\nhello"
      + "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: Chunked\r\nTrailer: x\r\n\r\n"
      + "3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nx: y\r\n\r\n" + "HTTP/1.1 204 \r\n\r\n"
      + "HTTP/1.1 304 Not\r\nContent-Length: 7\r\n\r\n"
      + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, CLOSE\r\n\r\n"
    #expect(
      events(text, pieceBytes: pieceBytes) == [
        "100 ", "103 link=x", "200 content-length=5,x-a=b", "hello", "404 ", "abc0123456789", "204 ", "",
        "304 content-length=7", "", "200 content-length=0 closes", "",
      ])
  }

  @Test func `a response without a length ends with the connection`() {
    #expect(events("HTTP/1.1 200 OK\r\n\r\nabc", pieceBytes: 4) == ["200 ", "… abc"])
    #expect(
      events("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na") == [
        "200 content-length=1", "a",
      ])
    #expect(events("HTTP/1.0 200 OK\r\n\r\n").first == "200  closes")
    #expect(events("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", isHead: true) == ["200 content-length=5", ""])
  }

  @Test(
    arguments: [
      "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\r\nx: y\n\r\n", "HTTP/1.1 200 OK\r\nx : y\r\n\r\n", "HTTP/1.1 200 OK\r\n: y\r\n\r\n",
      "HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n", "HTTP/1.1 200 OK\r\nx\r\n\r\n", "HTTP/1.1 200 OK\r\nx: \u{0}\r\n\r\n",
      "HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 204 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\na: 1\r\na: 1\r\na: 1\r\na: 1\r\na: 1\r\na: 1\r\n\r\n",
    ]) func `what is ambiguous or no response is refused`(_ text: String)
  {
    for pieceBytes in [1, Int.max] { #expect(events(text, pieceBytes: pieceBytes).last == "malformed") }
  }

  @Test(arguments: ["x", "-1", "", "1x", "0x1", "1000000000000000", "٣", "2\r\nabc", "3\r\nab\r\n\r\n"])
  func `a chunk that is none is refused`(_ chunk: String) {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\r\n\r\n"
    #expect(events(text).last == "malformed")
  }

  @Test func `heads, chunk extensions and trailers are bounded`() {
    let long = String(repeating: "x", count: 1000), head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for pieceBytes in [1, Int.max] {
      #expect(events("HTTP/1.1 200 \(long)", pieceBytes: pieceBytes) == ["too long"])
      #expect(events("HTTP/1.1 200 OK\r\nx: \(long)\r\n\r\n", pieceBytes: pieceBytes) == ["too long"])
      #expect(events(head + "1;\(long)\r\n", pieceBytes: pieceBytes) == ["200 ", "too long"])
      #expect(events(head + "0\r\nx: \(long)\r\n", pieceBytes: pieceBytes) == ["200 ", "too long"])
    }
    let chunks = String(repeating: "1;xxxxx\r\na\r\n", count: 200)
    #expect(events(head + chunks) == ["200 ", "too long"])
    let plainChunks = String(repeating: "1\r\na\r\n", count: 2000)
    #expect(events(head + plainChunks + "0\r\n\r\n") == ["200 ", String(repeating: "a", count: 2000)])
    #expect(events(head + "3E8\r\n\(long)\r\n0\r\n\r\n") == ["200 ", long])
  }
}
