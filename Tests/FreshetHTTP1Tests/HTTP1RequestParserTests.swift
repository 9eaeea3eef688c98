// Requests in HTTP/1.1, cut anywhere, and what is wrong with them.
import FreshetHTTP
import Testing

@testable import FreshetHTTP1

@Suite struct HTTP1RequestParserTests {
  /// Events as texts; the parts of a body are joined.
  private func events(_ text: String, pieceBytes: Int = .max, _ settings: HTTP1Settings = HTTP1Settings()) -> [String] {
    var parser = HTTP1RequestParser(isTLS: true, settings: settings)
    var events: [String] = [], body = ""
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      do {
        try piece.withUnsafeBytes { bytes in
          var input = bytes
          while let event = try parser.next(&input) {
            switch event {
            case .head(let head): events.append(Self.text(head))
            case .body(let part): body += String(decoding: part, as: UTF8.self)
            case .end:
              events.append(body)
              body = ""
            }
          }
          #expect(input.isEmpty)
        }
      } catch {
        events.append((error as? HTTP1Refusal).map { "\($0.status)" } ?? "\(error)")
        return events
      }
    }
    if !body.isEmpty { events.append("… \(body)") }
    return events
  }

  private static func text(_ head: HTTP1RequestHead) -> String {
    var texts: [String] = []
    head.fields.forEach { name, value in
      let name = String(decoding: name, as: UTF8.self), value = String(decoding: value, as: UTF8.self)
      if name != ":scheme" { texts.append(name.hasPrefix(":") ? value : "\(name)=\(value)") }
    }
    return texts.joined(separator: " ") + (head.timeout.map { " in \($0)" } ?? "") + (head.keepsAlive ? "" : " closes")
  }

  @Test(arguments: [1, 2, 3, 7, 64, .max]) func `requests are the same however they are cut`(_ pieceBytes: Int) {
    let text =
      "GET /a HTTP/1.1\r\nHost: h\r\nX-A:  b\t \r\nX-Empty:\r\n\r\n"
      + "\r\n\r\nPOST /b?c=d HTTP/1.1\r\nhOsT:h:1\r\nContent-Length: 5\r\nGrpc-Timeout: 1S\r\n\r\nhello"
      + "PUT /e HTTP/1.1\r\nTE: trailers\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nConnection: x, CLOSE\r\n\r\n"
      + "3;a=b\r\nabc\r\n0A ; c\r\n0123456789\r\n0\r\nx: y\r\n\r\n"
      + "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nPURGE HTTPS://o?p HTTP/1.0\r\n\r\n"
    #expect(
      events(text, pieceBytes: pieceBytes) == [
        "GET h /a x-a=b x-empty=", "", "POST h:1 /b?c=d content-length=5 in 1S", "hello", "PUT h /e closes",
        "abc0123456789", "OPTIONS h * content-length=0", "", "PURGE o /?p closes", "",
      ])
  }

  @Test(arguments: [1, 40, .max]) func `a head that repeats the one before is read like it`(_ pieceBytes: Int) {
    let head = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nGrpc-Timeout: 1S\r\n\r\n"
    let long = "GET /a HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 3000))\r\n\r\n"
    let once = "POST h /a content-length=2 in 1S"
    let text =
      head + "ab" + head + "cd" + head.replacing("1S", with: "2S") + "ef" + long + long + head + "gh" + head.dropLast()
      + "x: y\r\n\r\nij"
    let longHead = "GET h /a x=\(String(repeating: "x", count: 3000))"
    #expect(
      events(text, pieceBytes: pieceBytes) == [
        once, "ab", once, "cd", once.replacing("1S", with: "2S"), "ef", longHead, "", longHead, "", once, "gh",
        "POST h /a content-length=2 x=y in 1S", "ij",
      ])
  }

  @Test(arguments: ["GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\r"])
  func `a head that is not complete is waited for`(_ text: String) { #expect(events(text) == []) }

  @Test(
    arguments: [
      ("GET / HTTP/1.1\r\nX: y\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nnone\r\n\r\n", 400), ("GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX\u{E9}: y\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", 400),
      ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400), ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
      ("GET / http/1.1\r\nHost: a\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET\r\n\r\n", 400),
      ("GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", 400),
      ("\u{16}\u{3}\u{1}", 400), ("{", 400), ("GET / HTTP/0.9\r\n\r\n", 505),
    ])
  func `W101: what is malformed or ambiguous is refused`(_ text: String, _ status: Int) {
    for pieceBytes in [1, Int.max] { #expect(events(text, pieceBytes: pieceBytes) == ["\(status)"]) }
  }

  @Test(arguments: [
    "x", "-1", "", "1x", "0x1", "1 ", " 1", "1000000000000000", "٣", "2\r\nabc", "3\r\nab\r\n\r\n", "1\nab",
  ])
  func `W101: a chunk that is none is refused`(_ chunk: String) {
    let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\r\n\r\n"
    #expect(events(text).last == "400")
  }

  @Test(arguments: ["x", "x : y", " x: y", "x: \u{1}", "x: y\n"])
  func `W101: a trailer that is no field is refused`(_ trailer: String) {
    let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(trailer)\r\n\r\n"
    #expect(events(text) == ["POST a /", "400"])
  }

  @Test func `W102: targets, fields, chunk extensions and trailers are bounded`() {
    let settings = HTTP1Settings {
      $0.maxTargetBytes = 10
      $0.maxHeaderBytes = 100
      $0.maxHeaderFields = 3
    }
    func statuses(_ text: String) -> [String] {
      [1, 30, Int.max].map { events(text, pieceBytes: $0, settings).last ?? "none" }
    }
    func fields(_ bytes: Int) -> String { "Host: a\r\nX: \(String(repeating: "x", count: bytes - 14))\r\n" }
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"  // 37 bytes of fields
    #expect(statuses("GET /23456789a HTTP/1.1\r\nHost: a\r\n\r\n") == ["", "", ""])
    #expect(statuses("GET /23456789ab HTTP/1.1\r\nHost: a\r\n\r\n") == ["414", "414", "414"])
    #expect(statuses("GET /\(String(repeating: "x", count: 100))") == ["414", "414", "414"])
    #expect(statuses("GET / HTTP/1.1\r\n\(fields(100))\r\n") == ["", "", ""])
    #expect(statuses("GET / HTTP/1.1\r\n\(fields(101))\r\n") == ["431", "431", "431"])
    #expect(statuses("GET / HTTP/1.1\r\n\(fields(106).dropLast())") == ["431", "431", "431"])
    #expect(statuses("GET / HTTP/1.1\r\nHost: a\r\nb:\r\nc:\r\n\r\n") == ["", "", ""])
    #expect(statuses("GET / HTTP/1.1\r\nHost: a\r\nb:\r\nc:\r\nd:\r\n\r\n") == ["431", "431", "431"])
    #expect(statuses(String(repeating: "\r\n", count: 51)) == ["431", "431", "431"])
    #expect(statuses(chunked + "1;\(String(repeating: "x", count: 50))\r\na\r\n0\r\n\r\n") == ["a", "a", "a"])
    #expect(statuses(chunked + "1;\(String(repeating: "x", count: 63))\r\na\r\n0\r\n\r\n") == ["431", "431", "431"])
    #expect(statuses(chunked + "0\r\nx: \(String(repeating: "x", count: 70))\r\n\r\n") == ["431", "431", "431"])
    #expect(
      statuses(chunked + String(repeating: "1\r\na\r\n", count: 200) + "0\r\n\r\n").allSatisfy { $0.count == 200 })
  }
}
