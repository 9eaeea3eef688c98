// Requests for a WebSocket, and what is wrong with them (W62–W64, W80).
import FreshetHTTP
import Testing

@testable import FreshetWebSocket

@Suite struct ServerOpeningTests {
  private typealias Pairs = [(String, String)]

  private static let http1: Pairs = [
    (":method", "GET"), (":scheme", "http"), (":authority", "example.com"), (":path", "/chat?room=1"),
    ("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-version", "13"),
  ]
  private static let http2: Pairs = [
    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "example.com"),
    (":path", "/chat"), ("sec-websocket-version", "13"),
  ]

  private static func fields(_ pairs: Pairs) -> HeaderFields {
    var fields = HeaderFields()
    for (name, value) in pairs { fields.append(name, value) }
    return fields
  }

  /// The request with these fields in place of its own; an empty value removes one.
  private static func fields(_ pairs: Pairs, _ changed: Pairs) -> HeaderFields {
    fields(pairs.filter { pair in !changed.contains { $0.0 == pair.0 } } + changed.filter { !$0.1.isEmpty })
  }

  private func opening(_ changed: Pairs = [], form: OpeningForm = .http1) throws -> ServerOpening {
    try ServerOpening(Self.fields(form == .http1 ? Self.http1 : Self.http2, changed), form: form)
  }

  @Test func `RFC 6455's request is accepted with its answer (W63)`() throws {
    let opening = try opening()
    let (head, deflate) = opening.accept(subprotocol: nil)
    #expect(
      head == [
        ":status": "101", "upgrade": "websocket", "connection": "Upgrade",
        "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      ])
    #expect(deflate == nil)
    #expect(opening.path == "/chat?room=1")
    #expect(opening.origin == nil)
  }

  @Test func `lists of tokens in any case are understood, as Firefox sends them`() throws {
    for (upgrade, connection) in [
      ("WebSocket", "keep-alive, Upgrade"), ("h2c, websocket", "UPGRADE,keep-alive"), ("websocket", "\tupgrade "),
    ] {
      _ = try opening([("upgrade", upgrade), ("connection", connection)])
    }
    var split = Self.http1
    split.append(("connection", "keep-alive"))
    _ = try ServerOpening(Self.fields(split), form: .http1)
  }

  @Test(
    arguments: [
      (":method", "POST", 405), ("upgrade", "", 426), ("upgrade", "h2c", 426), ("upgrade", "websockets", 426),
      ("connection", "", 400), ("connection", "keep-alive", 400), (":authority", "", 400),
      ("sec-websocket-version", "", 426), ("sec-websocket-version", "8", 426), ("sec-websocket-version", "13, 8", 426),
      ("sec-websocket-key", "", 400), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ", 400),
      ("sec-websocket-key", "dGhlIHNhbXBsZSBub25j", 400), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==x", 400),
      ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZ!==", 400),
      ("sec-websocket-protocol", "a, b c", 400), ("sec-websocket-protocol", "a, a", 400),
      ("sec-websocket-extensions", "a; b=\"", 400),
    ])
  func `a request that is wrong in one field is refused (W62)`(_ name: String, _ value: String, _ status: Int) {
    let refusal = #expect(throws: ServerOpening.Refusal.self) { try opening([(name, value)]) }
    #expect(refusal?.status == status)
    #expect(refusal?.reason.isEmpty == false)
    if status == 426 { #expect(refusal?.fields.first("sec-websocket-version") == "13") }
    if status == 405 { #expect(refusal?.fields.first("allow") == "GET") }
  }

  @Test(arguments: ["sec-websocket-key", "sec-websocket-version", "origin"])
  func `a field that comes twice is refused`(_ name: String) {
    let value = name == "origin" ? "http://example.com" : Self.http1.first { $0.0 == name }?.1 ?? ""
    var pairs = Self.http1
    if name == "origin" { pairs.append((name, value)) }
    pairs.append((name, value))
    #expect(throws: ServerOpening.Refusal.self) { try ServerOpening(Self.fields(pairs), form: .http1) }
  }

  @Test func `HTTP/1.0 opens no WebSocket`() {
    #expect(throws: ServerOpening.Refusal.self) {
      try ServerOpening(Self.fields(Self.http1), form: .http1, isHTTP10: true)
    }
  }

  @Test(arguments: [("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("short", nil)])
  func `over HTTP/2 a proxy's key is answered, and a wrong one ignored (W83)`(key: String, answer: String?) throws {
    let (head, _) = try opening([("sec-websocket-key", key)], form: .http2).accept(subprotocol: nil)
    #expect(head.single(":status") == "200")
    #expect(head.single("sec-websocket-accept") == answer)
  }

  @Test func `over HTTP/2 a CONNECT is answered by 200, without key and upgrade (W80)`() throws {
    let opening = try opening([("sec-websocket-protocol", "chat")], form: .http2)
    #expect(opening.accept(subprotocol: "chat").head == [":status": "200", "sec-websocket-protocol": "chat"])
  }

  @Test(
    arguments: [
      (":protocol", "connect-udp", 501), (":protocol", "", 405), (":method", "GET", 405),
      ("sec-websocket-version", "", 426), ("sec-websocket-version", "12", 426),
    ])
  func `over HTTP/2 a wrong field is refused, too`(_ name: String, _ value: String, _ status: Int) {
    let refusal = #expect(throws: ServerOpening.Refusal.self) { try opening([(name, value)], form: .http2) }
    #expect(refusal?.status == status)
  }

  @Test func `a request that wants a WebSocket is recognised, proper or not`() {
    #expect(ServerOpening.isWanted(Self.fields(Self.http1)))
    #expect(ServerOpening.isWanted(Self.fields(Self.http2)))
    #expect(ServerOpening.isWanted(["upgrade": "WebSocket"]))
    #expect(!ServerOpening.isWanted([":method": "GET", "upgrade": "h2c"]))
    #expect(!ServerOpening.isWanted([":method": "GET"]))
  }

  @Test func `a subprotocol is one that both know, in the server's order (W64)`() throws {
    let opening = try opening([("sec-websocket-protocol", "a, b"), ("sec-websocket-protocol", "c")])
    #expect(opening.subprotocols == ["a", "b", "c"])
    #expect(opening.choose(["x", "c", "a"]) == "c")
    #expect(opening.choose(["x"]) == nil)
    #expect(opening.accept(subprotocol: "c").head.first("sec-websocket-protocol") == "c")
  }

  @Test func `compression is agreed on if both want it`() throws {
    let offer = ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")
    let opening = try opening([offer])
    let (head, deflate) = opening.accept(subprotocol: nil, deflate: DeflateOptions())
    #expect(
      head.first("sec-websocket-extensions")
        == "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")
    #expect(deflate?.clientWindowBits == 12)
    #expect(opening.accept(subprotocol: nil).head.first("sec-websocket-extensions") == nil)
    #expect(try self.opening().accept(subprotocol: nil, deflate: DeflateOptions()).deflate == nil)
  }

  @Test func `the application's fields are part of the answer`() throws {
    let head = try opening().accept(subprotocol: nil, adding: ["set-cookie": "a=b"]).head
    #expect(head.first("set-cookie") == "a=b")
  }
}

@Suite struct WebSocketOriginsTests {
  private func accepts(_ origins: WebSocketOrigins, _ origin: String?, _ authority: String = "example.com") -> Bool {
    origins.accepts(origin, authority: authority)
  }

  @Test func `pages of the same host and port are accepted, and whatever is no page (W64)`() {
    #expect(accepts(.same, nil))
    #expect(accepts(.same, "https://example.com"))
    #expect(accepts(.same, "http://EXAMPLE.com"))
    #expect(accepts(.same, "https://example.com", "example.com:443"))
    #expect(accepts(.same, "https://example.com:443"))
    #expect(accepts(.same, "http://example.com:8080", "example.com:8080"))
    #expect(accepts(.same, "http://[::1]:8080", "[::1]:8080"))
  }

  @Test(
    arguments: [
      "https://evil.com", "https://example.com.evil.com", "https://evilexample.com", "null", "", "example.com",
      "https://example.com:8443", "file://example.com", "https://sub.example.com", "https://",
    ])
  func `pages of other origins are not`(_ origin: String) {
    #expect(!accepts(.same, origin))
    #expect(accepts(.any, origin))
    #expect(accepts(.list([origin]), origin))
    #expect(!accepts(.list(["https://other.com"]), origin))
  }

  @Test func `a list, and a closure, decide otherwise`() {
    #expect(accepts(.list(["https://App.example"]), "https://app.EXAMPLE"))
    #expect(accepts(.list([]), "https://example.com"))
    #expect(accepts(.matching { $0.hasSuffix(".example") }, "https://a.example"))
    #expect(!accepts(.matching { $0.hasSuffix(".example") }, "https://example.com"))
    #expect(accepts(.matching { _ in false }, nil))
  }

  @Test func `a refusal names the origin`() throws {
    var fields: HeaderFields = [
      ":method": "GET", ":authority": "example.com", ":path": "/", "upgrade": "websocket", "connection": "upgrade",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13",
    ]
    fields.append("origin", "https://evil.com")
    let opening = try ServerOpening(fields, form: .http1)
    let refusal = #expect(throws: ServerOpening.Refusal.self) { try opening.check(.same) }
    #expect(refusal?.status == 403)
    #expect(refusal?.reason.contains("https://evil.com") == true)
    #expect(throws: Never.self) { try opening.check(.any) }
  }
}
