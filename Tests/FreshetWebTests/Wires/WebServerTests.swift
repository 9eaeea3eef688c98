// Calls in the web's protocols to a server of generated stubs, over HTTP/1.1 on real sockets.
import EchoStubs
import Freshet
import FreshetCore
import FreshetWeb
import NIOCore
import TestSupport
import SwiftProtobuf
import Testing

/// Says which of them it is asked.
private struct EchoService: Echo_V1_Echo.Service {
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message {
    context.responseMetadata = ["x-head": "1"]
    context.responseTrailers = ["x-tail": "2"]
    if request.text == "fail" { throw RPCError(code: .notFound, message: "no such thing ü") }
    return .with { $0.text = request.text + (context.metadata["x-more"] ?? "") }
  }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    context.responseTrailers = ["x-tail": "2"]
    return MessageStream { yield in
      for word in request.text.split(separator: " ") {
        if word == "fail" { throw RPCError(code: .dataLoss, message: "lost") }
        try await yield(.with { $0.text = String(word) })
      }
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    var words: [String] = []
    for try await request in requests { words.append(request.text) }
    return .with { $0.text = words.joined(separator: " ") }
  }

  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests)
  }
}

@Suite(.timeLimit(.minutes(2))) struct WebServerTests {
  /// One request on a connection of its own, and all that comes back.
  private func exchange(
    _ line: String, _ fields: [String], _ body: [UInt8] = [], web: WebConfiguration = WebConfiguration(),
    configure: (inout ServerConfiguration) -> Void = { _ in }
  ) async throws -> (head: [String], body: [UInt8]) {
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    configure(&configuration)
    let server = Server(services: [EchoService()], configuration: configuration, web: web)
    let ready = Signal<BoundAddress>()
    let running = Task { try await server.run(on: .tcp(host: "127.0.0.1", port: 0), onReady: { ready.set($0) }) }
    let port = try await ready.value().port
    let answer: [UInt8] = try await Task.detached {
      let socket = RawSocket(port: port)
      let length = line.hasPrefix("POST") ? ["Content-Length: \(body.count)"] : []
      let head = [line + " HTTP/1.1", "Host: x", "Connection: close"] + fields + length
      socket.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
      return try #require(socket.readToEnd())
    }.value
    running.cancel()
    try await running.value
    let end = try #require(answer.firstRange(of: Array("\r\n\r\n".utf8)))
    var head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    head.removeAll { $0.hasPrefix("date: ") || $0 == "connection: close" }
    var rest = Array(answer[end.upperBound...])
    if let chunked = head.firstIndex(of: "transfer-encoding: chunked") {
      head.remove(at: chunked)
      rest = try unchunked(rest)
    }
    return (head, rest)
  }

  private func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
    var rest = bytes[...], body: [UInt8] = []
    while let line = rest.firstRange(of: Array("\r\n".utf8)) {
      let count = try #require(Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16))
      if count == 0 { return body }
      body += rest[line.upperBound..<line.upperBound + count]
      rest = rest[(line.upperBound + count + 2)...]
    }
    throw RPCError(code: .internal, message: "the body has no last chunk")
  }

  private func message(_ text: String) throws -> [UInt8] {
    try Echo_V1_Message.with { $0.text = text }.serializedBytes()
  }

  private func frame(_ text: String) throws -> [UInt8] { grpcMessage(try message(text)) }

  private let get = "POST /echo.v1.Echo/Get"
  private let expand = "POST /echo.v1.Echo/Expand"

  // MARK: Connect, unary

  @Test func `W28, W31: a unary call has the bare message, and trailers among its fields`() async throws {
    let (head, body) = try await exchange(get, ["Content-Type: application/proto", "x-more: !"], message("hi"))
    #expect(head[0] == "HTTP/1.1 200 OK")
    #expect(head.contains("content-type: application/proto"))
    #expect(head.contains("x-head: 1") && head.contains("trailer-x-tail: 2"))
    #expect(body == (try message("hi!")))
    #expect(head.contains("content-length: \(body.count)"))
  }

  @Test func `W28: JSON is a format like any other`() async throws {
    let (head, body) = try await exchange(
      get, ["content-type: application/json; charset=utf-8"], Array(#"{"text":"hi","unknown":1}"#.utf8))
    #expect(head.contains("content-type: application/json"))
    #expect(String(decoding: body, as: UTF8.self) == #"{"text":"hi"}"#)
  }

  @Test func `W32: an error is the status of HTTP and JSON`() async throws {
    let (head, body) = try await exchange(get, ["content-type: application/proto"], message("fail"))
    #expect(head[0] == "HTTP/1.1 404 Not Found")
    #expect(head.contains("content-type: application/json") && head.contains("trailer-x-tail: 2"))
    #expect(String(decoding: body, as: UTF8.self) == #"{"code":"not_found","message":"no such thing ü"}"#)
  }

  @Test func `W32: a message that cannot be read is INVALID_ARGUMENT`() async throws {
    for (type, text) in [("proto", "\u{7F}"), ("json", "{"), ("json", "")] {
      let (head, body) = try await exchange(get, ["content-type: application/\(type)"], Array(text.utf8))
      #expect(head[0] == "HTTP/1.1 400 Bad Request")
      #expect(String(decoding: body, as: UTF8.self).contains(#""code":"invalid_argument""#))
    }
    let (head, body) = try await exchange(get, ["content-type: application/proto"])
    #expect(head[0] == "HTTP/1.1 200 OK" && body.isEmpty)  // the empty message
  }

  @Test func `W29: a time-out that has passed is DEADLINE_EXCEEDED, and one that cannot be read is refused`()
    async throws
  {
    for timeout in ["x", "-1", "12345678901"] {
      let (head, _) = try await exchange(
        get, ["content-type: application/json", "connect-timeout-ms: \(timeout)"], Array("{}".utf8))
      #expect(head[0] == "HTTP/1.1 400 Bad Request")
    }
  }

  @Test func `W30: an answer says that it is compressed only if it is`() async throws {
    for text in ["hi", String(repeating: "hi", count: 1000)] {
      let (head, body) = try await exchange(
        get, ["content-type: application/proto", "accept-encoding: br;q=1, gzip;q=0.5"], message(text)
      ) {
        $0.compression = .gzip
        $0.minimumCompressedBytes = 1000
      }
      #expect(head[0] == "HTTP/1.1 200 OK")
      #expect(head.contains("content-encoding: gzip") == (text.count > 2))
      let plain = text.count > 2 ? try Compression.gzip.decompress(ByteBuffer(bytes: body), maxBytes: 10_000) : nil
      #expect(try Echo_V1_Message(serializedBytes: plain.map { Array($0.readableBytesView) } ?? body).text == text)
      #expect(head.contains("content-length: \(body.count)"))
    }
  }

  @Test func `W6: what is no call gets its answer in HTTP`() async throws {
    #expect(try await exchange("POST /no.Such/Method", ["content-type: application/json"]).head[0].contains(" 404 "))
    let (head, _) = try await exchange(get, ["content-type: text/plain"])
    #expect(head[0].contains(" 415 ") && head.contains { $0.hasPrefix("accept-post: ") })
    let verb = try await exchange("GET /echo.v1.Echo/Get", [])
    #expect(verb.head[0].contains(" 405 ") && verb.head.contains("allow: POST"))
    let grpc = try await exchange(get, ["content-type: application/grpc"], frame("hi"))
    #expect(grpc.head[0].contains(" 505 "))
    let unknown = try await exchange(get, ["content-type: application/proto", "content-encoding: x"], message("hi"))
    #expect(unknown.head[0].contains(" 501 "))
  }

  // MARK: Connect, streams

  @Test func `W37: a stream ends with an envelope of its own`() async throws {
    let (head, body) = try await exchange(expand, ["content-type: application/connect+proto"], frame("a b"))
    #expect(head[0] == "HTTP/1.1 200 OK")
    #expect(head.contains("content-type: application/connect+proto"))
    let end = #"{"metadata":{"x-tail":["2"]}}"#
    #expect(body == (try frame("a") + frame("b") + grpcMessage(Array(end.utf8), flag: 2)))
    let failed = try await exchange(
      expand, ["content-type: application/connect+json"], grpcMessage(Array(#"{"text":"a fail"}"#.utf8)))
    let error = #"{"error":{"code":"data_loss","message":"lost"},"metadata":{"x-tail":["2"]}}"#
    #expect(failed.body == grpcMessage(Array(#"{"text":"a"}"#.utf8)) + grpcMessage(Array(error.utf8), flag: 2))
  }

  @Test func `W37: streams of requests are one after the other over HTTP/1.1`() async throws {
    let collected = try await exchange(
      "POST /echo.v1.Echo/Collect", ["content-type: application/connect+proto"], frame("a") + frame("b"))
    #expect(collected.body == (try frame("a b") + grpcMessage(Array("{}".utf8), flag: 2)))
    let updated = try await exchange(
      "POST /echo.v1.Echo/Update", ["content-type: application/connect+proto"], frame("a") + frame("b"))
    #expect(updated.body == (try frame("a") + frame("b") + grpcMessage(Array("{}".utf8), flag: 2)))
  }

  // MARK: gRPC-Web

  @Test func `W14, W15: gRPC-Web has its trailers in the last frame`() async throws {
    let (head, body) = try await exchange(
      get, ["content-type: application/grpc-web+proto", "x-grpc-web: 1"], frame("hi"))
    #expect(head[0] == "HTTP/1.1 200 OK")
    #expect(head.contains("content-type: application/grpc-web+proto") && head.contains("x-head: 1"))
    let trailers = Array("grpc-status: 0\r\nx-tail: 2\r\n".utf8)
    #expect(body == (try frame("hi") + grpcMessage(trailers, flag: 0x80)))
    let failed = try await exchange(get, ["content-type: application/grpc-web"], frame("fail"))
    #expect(
      failed.body
        == grpcMessage(
          Array("grpc-status: 5\r\ngrpc-message: no such thing %C3%BC\r\nx-tail: 2\r\n".utf8), flag: 0x80))
  }

  @Test func `W11, W16: text mode is base64 of each frame`() async throws {
    let request = Base64.encode(try frame("a b"))
    let padded = request + String(repeating: "=", count: (4 - request.utf8.count % 4) % 4)
    let (head, body) = try await exchange(expand, ["content-type: application/grpc-web-text"], Array(padded.utf8))
    #expect(head.contains("content-type: application/grpc-web-text"))
    func text(_ bytes: [UInt8]) -> String {
      let text = Base64.encode(bytes)
      return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
    let trailers = grpcMessage(Array("grpc-status: 0\r\nx-tail: 2\r\n".utf8), flag: 0x80)
    #expect(String(decoding: body, as: UTF8.self) == (try text(frame("a")) + text(frame("b")) + text(trailers)))
    let bad = try await exchange(expand, ["content-type: application/grpc-web-text"], Array("!!!!".utf8))
    #expect(Base64.decode(bad.body).map { String(decoding: $0, as: UTF8.self) }?.contains("grpc-status: 13") == true)
  }

  // MARK: CORS

  @Test func `W25, W27: pages of an allowed origin may ask, call and read`() async throws {
    let web = WebConfiguration { $0.cors.origins = ["https://app.example"] }
    let (head, body) = try await exchange(
      "OPTIONS /echo.v1.Echo/Get",
      [
        "origin: https://app.example", "access-control-request-method: POST",
        "access-control-request-headers: content-type,x-unknown",
      ], web: web)
    #expect(head[0] == "HTTP/1.1 204 No Content" && body.isEmpty)
    #expect(head.contains("access-control-allow-origin: https://app.example"))
    #expect(head.contains("access-control-allow-headers: content-type"))
    for type in ["application/json", "application/grpc-web+json"] {
      let body = Array(#"{"text":"hi"}"#.utf8)
      let called = try await exchange(
        get, ["content-type: \(type)", "origin: https://app.example"],
        type.contains("grpc") ? grpcMessage(body) : body, web: web)
      #expect(called.head.contains("access-control-allow-origin: https://app.example"))
      #expect(called.head.contains { $0.hasPrefix("access-control-expose-headers: ") && $0.contains("x-head") })
    }
    let failed = try await exchange(
      get, ["content-type: text/plain", "origin: https://app.example"], web: web)
    #expect(failed.head[0].contains(" 415 "))
    #expect(failed.head.contains("access-control-allow-origin: https://app.example"))
  }

  @Test func `W23: pages of other origins are refused before a handler runs`() async throws {
    for web in [WebConfiguration(), WebConfiguration { $0.cors.origins = ["https://app.example"] }] {
      let (head, _) = try await exchange(
        get, ["content-type: application/json", "origin: https://evil.example"], Array("{}".utf8), web: web)
      #expect(head[0] == "HTTP/1.1 403 Forbidden")
      #expect(!head.contains { $0.hasPrefix("access-control-allow-origin") })
    }
    let own = try await exchange(get, ["content-type: application/json", "origin: http://x"], Array("{}".utf8))
    #expect(own.head[0] == "HTTP/1.1 200 OK")
  }
}
