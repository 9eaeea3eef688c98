// W5: one function takes a head to its protocol.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("WebProtocol")
struct WebProtocolTests {
  private static let get = WebMethod(kind: .unary, idempotency: .noSideEffects, formats: ["proto", "json"])
  private static let put = WebMethod(kind: .unary, formats: ["proto", "json"])
  private static let expand = WebMethod(
    kind: .serverStreaming, idempotency: .noSideEffects, formats: ["proto", "json"])

  private func read(_ verb: String, _ path: String, _ more: KeyValuePairs<String, String> = [:]) throws(WebFault)
    -> WebChoice
  {
    var fields: HeaderFields = [":method": verb, ":scheme": "http", ":path": path, ":authority": "localhost"]
    for (name, value) in more { fields.append(name, value) }
    do throws(WebChoice.Refused) {
      return try WebChoice.read(fields) { path in
        switch String(decoding: path, as: UTF8.self) {
        case "/t.v1.T/Get": Self.get
        case "/t.v1.T/Put": Self.put
        case "/t.v1.T/Expand": Self.expand
        default: nil
        }
      }
    } catch {
      throw error.fault
    }
  }

  @Test func `W5a: a tunnel or an upgrade to WebSocket comes before all else, on any path`() throws {
    #expect(try read("CONNECT", "/t.v1.T/Get", [":protocol": "websocket"]).speaks == .webSocket)
    #expect(try read("GET", "/chat", ["connection": "upgrade", "upgrade": "h2c, WebSocket"]).speaks == .webSocket)
    #expect(try read("GET", "/t.v1.T/Get", ["upgrade": "websocket"]).speaks == .webSocket)
    #expect(throws: WebFault.tunnel("connect-udp")) { try read("CONNECT", "/chat", [":protocol": "connect-udp"]) }
    #expect(try read("GET", "/chat", ["upgrade": "h2c"]).speaks == .plain)
    #expect(try read("POST", "/chat", ["upgrade": "websocket"]).speaks == .plain)
  }

  @Test func `W5b: OPTIONS is a preflight by its two fields alone, whatever the path`() throws {
    let asks: KeyValuePairs = ["origin": "https://a.example", "access-control-request-method": "POST"]
    for path in ["/t.v1.T/Get", "/nowhere", "*"] {
      #expect(try read("OPTIONS", path, asks).speaks == .preflight)
    }
    #expect(try read("OPTIONS", "/nowhere", ["origin": "https://a.example"]).speaks == .plain)
    #expect(try read("OPTIONS", "*", ["access-control-request-method": "POST"]).speaks == .plain)
  }

  @Test(
    arguments: [
      ("application/grpc", .grpc, 0), ("application/grpc+json", .grpc, 1),
      ("application/grpc-web", .grpcWeb(isText: false), 0), ("application/grpc-web+JSON", .grpcWeb(isText: false), 1),
      ("application/grpc-web-text", .grpcWeb(isText: true), 0),
      ("application/grpc-web-text+proto", .grpcWeb(isText: true), 0),
      ("application/proto", .connectUnary, 0), ("Application/Json; charset=utf-8", .connectUnary, 1),
    ] as [(String, WebProtocol, Int)])
  func `W5c, W5d: the media type of a POST says the protocol and the format`(
    type: String, speaks: WebProtocol, format: Int
  ) throws {
    for (path, method) in [("/t.v1.T/Get", Self.get), ("/t.v1.T/Put?x=y", Self.put)] {
      let choice = try read("POST", path, ["content-type": type])
      #expect(choice == WebChoice(speaks, method: method, format: format, mediaType: MediaType(type)))
    }
  }

  @Test func `W5c, W37: streams have Connect's own media types`() throws {
    for (type, format) in [("application/connect+proto", 0), ("application/connect+json", 1)] {
      let choice = try read("POST", "/t.v1.T/Expand", ["content-type": type])
      #expect(choice.speaks == .connectStream)
      #expect(choice.format == format)
    }
  }

  @Test(
    arguments: [
      ("application/grpc", .grpc), ("application/grpc-web+x", .grpcWeb(isText: false)),
      ("application/grpc-web-text", .grpcWeb(isText: true)), ("application/connect+json", .connectStream),
      ("application/json", .plain), ("text/html", .plain), ("nonsense", .plain),
    ] as [(String, WebProtocol)])
  func `What speaks a protocol on an unknown path is answered in that, and the rest may be a route`(
    type: String, speaks: WebProtocol
  ) throws {
    let choice = try read("POST", "/t.v1.T/Nope", ["content-type": type])
    #expect(choice.speaks == speaks)
    #expect(choice.method == nil)
  }

  @Test func `An unknown path is called in Connect if the client says so`() throws {
    let choice = try read(
      "POST", "/t.v1.T/Nope", ["content-type": "application/json", "connect-protocol-version": "1"])
    #expect(choice.speaks == .connectUnary)
  }

  @Test func `W5e, W35: GET and HEAD call methods without side effects`() throws {
    for verb in ["GET", "HEAD"] {
      let choice = try read(verb, "/t.v1.T/Get?connect=v1&encoding=json&message=%7B%7D")
      #expect(choice == WebChoice(.connectGET, method: Self.get))
      #expect(try read(verb, "/healthz").speaks == .plain)
    }
  }

  @Test(
    arguments: [
      ("GET", "/t.v1.T/Put", ["POST"]), ("HEAD", "/t.v1.T/Put", ["POST"]),
      ("GET", "/t.v1.T/Expand?connect=v1", ["POST"]),
      ("PUT", "/t.v1.T/Get", ["GET", "POST"]), ("PUT", "/t.v1.T/Put", ["POST"]), ("OPTIONS", "/t.v1.T/Put", ["POST"]),
      ("post", "/t.v1.T/Put", ["POST"]),
    ])
  func `W6: a method's path takes no other verbs`(verb: String, path: String, allowed: [String]) {
    #expect(throws: WebFault.verb(verb, allowed: allowed)) {
      try read(verb, path, ["content-type": "application/grpc"])
    }
  }

  @Test(
    arguments: [
      ("/t.v1.T/Get", "text/plain"), ("/t.v1.T/Get", "application/connect+json"),
      ("/t.v1.T/Get", "application/grpc+xml"),
      ("/t.v1.T/Get", "application/json; charset=latin1"), ("/t.v1.T/Get", "application/xml"), ("/t.v1.T/Get", "json"),
      ("/t.v1.T/Get", "application/grpc-website"), ("/t.v1.T/Get", "text/json"), ("/t.v1.T/Get", "application/connect"),
      ("/t.v1.T/Get", "application/grpc-web+xml"), ("/t.v1.T/Expand", "application/json"),
      ("/t.v1.T/Expand", "application/connect"), ("/t.v1.T/Expand", "application/connect+xml"),
    ])
  func `W6, W37: a method's path takes its own media types alone`(path: String, type: String) {
    let method = path.hasSuffix("Get") ? Self.get : Self.expand
    #expect(throws: WebFault.mediaType(type, accepted: method.mediaTypes)) {
      try read("POST", path, ["content-type": type])
    }
  }

  @Test func `W6: a method's path takes no POST without a content type`() {
    #expect(throws: WebFault.mediaType(nil, accepted: Self.get.mediaTypes)) { try read("POST", "/t.v1.T/Get") }
  }

  @Test func `W4: two content types are no request, not even the same twice`() {
    for path in ["/t.v1.T/Get", "/nowhere"] {
      #expect(throws: WebFault.badRequest("the request has 2 content-type fields")) {
        try read("POST", path, ["content-type": "application/json", "content-type": "application/json"])
      }
    }
  }
}
