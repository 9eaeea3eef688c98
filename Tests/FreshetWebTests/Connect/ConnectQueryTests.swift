// W34, W36: Connect by GET.
import FreshetCore
import FreshetWeb
import Testing

@Suite("ConnectQuery")
struct ConnectQueryTests {
  private func read(_ query: String, requiresVersion: Bool = false) throws(WebFault) -> ConnectQuery {
    try ConnectQuery(path: "/a.B/C?\(query)".utf8, requiresVersion: requiresVersion)
  }

  @Test(
    arguments: [
      "connect=v1&encoding=json&message=%7B%22a%22%3a%22b+c%22%7D", "message=%7B%22a%22:%22b%20c%22}&x=y&encoding=json",
      "encoding=json&&message={\"a\":\"b c\"}&base64=0&compression=",
      "%6Dessage={\"a\":\"b%20c\"}&encoding=%6ason&base64=",
      "base64=1&encoding=json&message=eyJhIjoiYiBjIn0", "base64=1&encoding=json&message=eyJhIjoiYiBjIn0%3D",
      "encoding=json&message=eyJhIjoiYiBjIn0=&base64=1&x=1&x=2",
    ])
  func `W34: names come in any order, text is percent-decoded, base64 is padded or not`(query: String) throws {
    #expect(try read(query) == ConnectQuery(encoding: "json", message: Array(#"{"a":"b c"}"#.utf8)))
  }

  @Test func `W34: base64 is URL-safe, and a message may be empty`() throws {
    #expect(try read("base64=1&encoding=proto&message=--__").message == [0xFB, 0xEF, 0xFF])
    #expect(try read("base64=1&encoding=proto&message=").message == [])
    #expect(try read("encoding=proto&message").message == [])
    #expect(try read("encoding=proto&message=%ff%00&compression=gzip").message == [0xFF, 0])
    #expect(try read("encoding=proto&message=&compression=gzip").compression == "gzip")
  }

  @Test(
    arguments: [
      "", "encoding=json", "message=a", "connect=v1&encoding=json", "encoding=a&message=b&message=b",
      "encoding=a&encoding=a&message=b", "connect=v2&encoding=a&message=b", "connect=&encoding=a&message=b",
      "connect=v1&connect=v1&encoding=a&message=b", "base64=1&base64=1&encoding=a&message=", "encoding=a&message=%",
      "encoding=a&message=%4", "encoding=a&message=%4x", "encoding=a&message=%+1",
      "base64=1&encoding=a&message=++%2F%2F",
      "base64=1&encoding=a&message=A", "base64=1&encoding=a&message=%7B", "encoding=a;message=b",
      "Encoding=a&Message=b",
    ])
  func `W34: a query without its parts, or with one twice, is INVALID_ARGUMENT`(query: String) throws {
    let fault = try #require(#expect(throws: WebFault.self) { try read(query) })
    let refusal = WebRefusal(fault, to: .connectGET)
    #expect(refusal.httpStatus == 400)
    #expect(refusal.status.code == .invalidArgument)
  }

  @Test func `W34: the version may be missing unless it is required`() throws {
    _ = try read("encoding=a&message=b")
    _ = try read("connect=v1&encoding=a&message=b", requiresVersion: true)
    #expect(throws: WebFault.self) { try read("encoding=a&message=b", requiresVersion: true) }
    #expect(throws: WebFault.self) { try ConnectQuery(path: "/a.B/C".utf8) }
  }

  @Test func `W34: an unknown encoding is 415`() throws {
    let method = WebMethod(kind: .unary, idempotency: .noSideEffects, formats: ["proto", "json"])
    #expect(try read("encoding=json&message=").format(of: method) == 1)
    let fault = try #require(#expect(throws: WebFault.self) { try read("encoding=xml&message=").format(of: method) })
    #expect(WebRefusal(fault, to: .connectGET).httpStatus == 415)
  }

  @Test func `W34: queries are written in the order that caches expect`() {
    let json = ConnectQuery(encoding: "json", message: Array(#"{"a":"ä b"}"#.utf8))
    #expect(json.path(of: "/a.B/C") == "/a.B/C?connect=v1&encoding=json&message=%7B%22a%22%3A%22%C3%A4%20b%22%7D")
    let proto = ConnectQuery(encoding: "proto", compression: "identity", message: [0xFB, 0xEF, 0xFF, 1])
    #expect(proto.path(of: "/a.B/C") == "/a.B/C?connect=v1&base64=1&encoding=proto&message=--__AQ")
    let compressed = ConnectQuery(encoding: "json", compression: "gzip", message: [1])
    #expect(compressed.path(of: "/a.B/C") == "/a.B/C?connect=v1&base64=1&compression=gzip&encoding=json&message=AQ")
  }

  @Test func `W34, W36: what is written can be read`() throws {
    for encoding in ["json", "proto"] {
      for compression in ["", "gzip"] {
        for length in 0...300 {
          let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 5 + length) }
          let query = ConnectQuery(encoding: encoding, compression: compression, message: message)
          let path = query.path(of: "/a.B/C")
          #expect(try ConnectQuery(path: path.utf8, requiresVersion: true) == query)
          #expect(FieldText.isPath(path))
        }
      }
    }
  }
}
