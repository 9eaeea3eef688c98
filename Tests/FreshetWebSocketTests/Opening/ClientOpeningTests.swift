// Our requests for a WebSocket, and answers that are wrong (W65).
import FreshetHTTP
import Testing

@testable import FreshetWebSocket

@Suite struct ClientOpeningTests {
  private static let good: [(String, String)] = [
    (":status", "101"), ("upgrade", "websocket"), ("connection", "Upgrade"),
    ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
  ]

  private func opening(
    _ form: OpeningForm = .http1, subprotocols: [String] = ["chat", "news"], deflate: DeflateOptions? = DeflateOptions()
  ) throws -> ClientOpening {
    try ClientOpening(
      try WebSocketURL("wss://example.com/chat"), form: form, subprotocols: subprotocols, deflate: deflate,
      key: "dGhlIHNhbXBsZSBub25jZQ==")
  }

  /// The answer with these fields in place of its own; an empty value removes one.
  private func answer(_ changed: [(String, String)]) -> HeaderFields {
    var fields = HeaderFields()
    let kept = Self.good.filter { pair in !changed.contains { $0.0 == pair.0 } }
    for (name, value) in kept + changed where !value.isEmpty { fields.append(name, value) }
    return fields
  }

  @Test func `a request over HTTP/1.1 has all that RFC 6455 demands`() throws {
    #expect(
      try opening().request(adding: ["origin": "https://example.com"]) == [
        ":method": "GET", ":scheme": "https", ":authority": "example.com", ":path": "/chat", "upgrade": "websocket",
        "connection": "Upgrade", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13",
        "sec-websocket-protocol": "chat, news",
        "sec-websocket-extensions":
          "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12, "
          + "permessage-deflate; client_max_window_bits", "origin": "https://example.com",
      ])
  }

  @Test func `a request over HTTP/2 has neither key nor upgrade (W80)`() throws {
    #expect(
      try opening(.http2, subprotocols: [], deflate: nil).request() == [
        ":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":authority": "example.com",
        ":path": "/chat", "sec-websocket-version": "13",
      ])
  }

  @Test func `our server accepts our client, in both forms`() throws {
    for form in [OpeningForm.http1, .http2] {
      let client = try ClientOpening(
        try WebSocketURL("ws://localhost:8080"), form: form, subprotocols: ["a", "b"], deflate: DeflateOptions())
      let server = try ServerOpening(client.request(), form: form)
      #expect(server.authority == "localhost:8080")
      let (head, deflate) = server.accept(subprotocol: "b", deflate: DeflateOptions(windowBits: 10))
      #expect(try client.check(head) == ClientOpening.Agreement(subprotocol: "b", deflate: deflate))
      #expect(deflate?.serverWindowBits == 10)
    }
  }

  @Test func `keys are random, and 16 bytes`() {
    let keys = (0..<100).map { _ in HandshakeKey.make() }
    #expect(Set(keys).count == 100)
    #expect(keys.allSatisfy { HandshakeKey.isValid($0) })
  }

  @Test(
    arguments: [
      ("upgrade", ""), ("upgrade", "h2c"), ("upgrade", "websocket, h2c"), ("connection", ""), ("connection", "close"),
      ("sec-websocket-accept", ""), ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="),
      ("sec-websocket-accept", "S3PPLMBITXAQ9KYGZZHZRBK+XOO="), ("sec-websocket-protocol", "other"),
      ("sec-websocket-protocol", "chat, news"), ("sec-websocket-extensions", "other"),
      ("sec-websocket-extensions", "permessage-deflate, permessage-deflate"),
      ("sec-websocket-extensions", "permessage-deflate; unknown"), ("sec-websocket-extensions", "a; b=\""),
      (":status", "200"), (":status", ""),
    ])
  func `an answer that is wrong in one field fails`(_ name: String, _ value: String) throws {
    let refusal = #expect(throws: ClientOpening.Refusal.self) { try opening().check(answer([(name, value)])) }
    #expect(refusal?.error.kind == .opening)
    #expect(refusal?.error.message.isEmpty == false)
  }

  @Test func `an answer with what was not offered fails`() throws {
    #expect(throws: ClientOpening.Refusal.self) {
      try opening(subprotocols: []).check(answer([("sec-websocket-protocol", "chat")]))
    }
    #expect(throws: ClientOpening.Refusal.self) {
      try opening(deflate: nil).check(answer([("sec-websocket-extensions", "permessage-deflate")]))
    }
    var twice = answer([("sec-websocket-protocol", "chat")])
    twice.append("sec-websocket-protocol", "chat")
    #expect(throws: ClientOpening.Refusal.self) { try opening().check(twice) }
    var accepts = answer([])
    accepts.append("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(throws: ClientOpening.Refusal.self) { try opening().check(accepts) }
  }

  @Test func `an answer without subprotocol and extensions is fine`() throws {
    #expect(try opening().check(answer([])) == ClientOpening.Agreement())
    #expect(try opening().check(answer([("upgrade", "WebSocket"), ("connection", "keep-alive, UPGRADE")])) == .init())
  }

  @Test func `a redirect says where it leads, and other statuses which they are`() throws {
    let redirect = #expect(throws: ClientOpening.Refusal.self) {
      try opening().check([":status": "302", "location": "https://example.org/"])
    }
    #expect(redirect?.location == "https://example.org/")
    #expect(redirect?.status == 302)
    #expect(redirect?.error.message.contains("https://example.org/") == true)
    for status in [200, 401, 403, 404, 426, 500] {
      let refusal = #expect(throws: ClientOpening.Refusal.self) { try opening().check([":status": "\(status)"]) }
      #expect(refusal?.status == status)
      #expect(refusal?.error.message.contains("\(status)") == true)
    }
    #expect(throws: ClientOpening.Refusal.self) { try opening(.http2).check([":status": "101"]) }
  }

  @Test func `no subprotocol twice, and only tokens`() {
    for subprotocols in [["a", "a"], [""], ["a b"], ["a,b"]] {
      let error = #expect(throws: WebSocketError.self) { try opening(subprotocols: subprotocols) }
      #expect(error?.kind == .invalidSetting)
    }
  }
}

@Suite struct WebSocketURLTests {
  @Test func `a URL has a scheme, a host, perhaps a port, and a path with a query`() throws {
    let cases: [(String, Bool, String, Int, String, String)] = [
      ("ws://example.com", false, "example.com", 80, "/", "example.com"),
      ("wss://example.com", true, "example.com", 443, "/", "example.com"),
      ("WSS://example.com:443/a", true, "example.com", 443, "/a", "example.com"),
      ("ws://example.com:8080/a/b?c=d", false, "example.com", 8080, "/a/b?c=d", "example.com:8080"),
      ("ws://example.com?x", false, "example.com", 80, "/?x", "example.com"),
      ("ws://[::1]:9000/", false, "::1", 9000, "/", "[::1]:9000"), ("ws://[::1]", false, "::1", 80, "/", "[::1]"),
    ]
    for (text, isSecure, host, port, path, authority) in cases {
      let url = try WebSocketURL(text)
      #expect(url.isSecure == isSecure && url.host == host && url.port == port, "\(text)")
      #expect(url.path == path && url.authority == authority, "\(text)")
    }
  }

  @Test(
    arguments: [
      "", "example.com", "http://example.com", "ws:/example.com", "ws://", "ws://:80", "ws://user@example.com",
      "ws://user:pass@example.com/", "ws://example.com/#a", "ws://example.com:0", "ws://example.com:65536",
      "ws://example.com:x", "ws://example.com:", "ws://example.com:-1", "ws://[::1", "ws://[::1]x", "ws://exa mple.com",
      "ws://example.com/\r\nx: y", "ws://exämple.com",
    ])
  func `what is not a WebSocket's URL is refused`(_ text: String) {
    let error = #expect(throws: WebSocketError.self) { try WebSocketURL(text) }
    #expect(error?.kind == .invalidSetting)
  }
}
