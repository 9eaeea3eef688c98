// Calls in the web's protocols to a server of generated stubs, over each carrier on real sockets.
import EchoStubs
import Foundation
import Freshet
import FreshetCore
import FreshetWeb
import NIOCore
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct WebServerTests {
  private func exchange(
    _ carrier: WebCarrier, _ line: String, _ fields: [(String, String)] = [], _ body: [UInt8] = [],
    web: WebConfiguration = WebConfiguration(), configure: (inout ServerConfiguration) -> Void = { _ in }
  ) async throws -> WebResponse {
    let parts = line.split(separator: " ").map(String.init)
    return try await withWebServer(tls: carrier.usesTLS, web: web, configure: configure) { port in
      let response = try await carrier.exchange(WebRequest(parts[0], parts[1], fields, body: [body]), port: port)
      #expect(response.breach == nil)
      #expect(response.trailers.isEmpty == (response["content-type"] != "application/grpc"))
      return response
    }
  }

  private func message(_ text: String) throws -> [UInt8] {
    try Echo_V1_Message.with { $0.text = text }.serializedBytes()
  }

  private func frame(_ text: String) throws -> [UInt8] { grpcMessage(try message(text)) }

  private let get = "POST /echo.v1.Echo/Get"
  private let expand = "POST /echo.v1.Echo/Expand"

  // MARK: All protocols

  @Test(arguments: WebCarrier.allCases)
  func `W9: a handler is told of the protocol, and of nothing else`(_ carrier: WebCarrier) async throws {
    let binary = try frame("protocol")
    let requests: [(String, String, [UInt8])] = [
      ("application/grpc", "grpc", binary), ("application/grpc-web+proto", "grpc-web", binary),
      ("application/grpc-web-text", "grpc-web-text", Array(Data(binary).base64EncodedString().utf8)),
      ("application/json", "connect", Array(#"{"text":"protocol"}"#.utf8)),
    ]
    for (type, name, body) in requests where carrier.isHTTP2 || name != "grpc" {
      let response = try await exchange(carrier, get, [("content-type", type)], body)
      let text = name.hasSuffix("text") ? Base64.decode(response.body.prefix(28)) ?? [] : response.body
      #expect(String(decoding: text, as: UTF8.self).contains(name), "\(type)")
    }
  }

  @Test func `W8: over HTTP/1.0 there are no streams`() async throws {
    try await withWebServer { port in
      func statusLine(_ path: String, _ type: String, _ body: [UInt8]) async throws -> String {
        let head = "POST \(path) HTTP/1.0\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n"
        let answer = try await onThread {
          let socket = RawSocket(port: port)
          socket.send(Array(head.utf8) + body)
          return try #require(socket.readToEnd())
        }
        return String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
      }
      let unary = try await statusLine("/echo.v1.Echo/Get", "application/json", Array("{}".utf8))
      #expect(unary == "HTTP/1.1 200 OK")
      for (method, type) in [("Expand", "application/connect+proto"), ("Collect", "application/grpc-web")] {
        let stream = try await statusLine("/echo.v1.Echo/\(method)", type, [0, 0, 0, 0, 0])
        #expect(stream == "HTTP/1.1 505 HTTP Version Not Supported")
      }
    }
  }

  @Test func `W1: ALPN prefers HTTP/2, and HTTP/1.1 needs none`() async throws {
    try await withWebServer(tls: true) { port in
      let offers = [["h2", "http/1.1"], ["http/1.1", "h2"], ["http/1.1"], []]
      let chosen = try await onThread { try offers.map { try TLSTunnel.chosenProtocol(port: port, alpn: $0) } }
      #expect(chosen == ["h2", "h2", "http/1.1", nil])
      await #expect(throws: PeerFailure.self) {
        try await onThread { try TLSTunnel.chosenProtocol(port: port, alpn: ["spdy/3"]) }
      }
      let status = try await onThread {
        let socket = RawSocket(descriptor: try TLSTunnel.connected(to: port, alpn: []))
        socket.send(Array("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
        return socket.readToEnd().map { String(decoding: $0.prefix(12), as: UTF8.self) }
      }
      #expect(status == "HTTP/1.1 404")
    }
  }

  // MARK: Connect, unary

  @Test(arguments: WebCarrier.allCases)
  func `W28, W31: a unary call has the bare message, and trailers among its fields`(_ carrier: WebCarrier) async throws
  {
    let response = try await exchange(
      carrier, get, [("Content-Type", "application/proto"), ("x-more", "!")], message("hi"))
    #expect(response.status == 200)
    #expect(response["content-type"] == "application/proto")
    #expect(response["x-head"] == "1" && response["trailer-x-tail"] == "2")
    #expect(response.body == (try message("hi!")))
    #expect(response["content-length"] == "\(response.body.count)")
  }

  @Test(arguments: WebCarrier.allCases)
  func `W28: JSON is a format like any other`(_ carrier: WebCarrier) async throws {
    let response = try await exchange(
      carrier, get, [("content-type", "application/json; charset=utf-8")], Array(#"{"text":"hi","unknown":1}"#.utf8))
    #expect(response["content-type"] == "application/json")
    #expect(String(decoding: response.body, as: UTF8.self) == #"{"text":"hi"}"#)
  }

  @Test(arguments: WebCarrier.allCases)
  func `W32: an error is the status of HTTP and JSON`(_ carrier: WebCarrier) async throws {
    let response = try await exchange(carrier, get, [("content-type", "application/proto")], message("fail"))
    #expect(response.status == 404)
    #expect(response["content-type"] == "application/json" && response["trailer-x-tail"] == "2")
    #expect(String(decoding: response.body, as: UTF8.self) == #"{"code":"not_found","message":"no such thing ü"}"#)
  }

  @Test(arguments: WebCarrier.allCases)
  func `W32: a message that cannot be read is INVALID_ARGUMENT`(_ carrier: WebCarrier) async throws {
    for (type, text) in [("proto", "\u{7F}"), ("json", "{"), ("json", "")] {
      let response = try await exchange(carrier, get, [("content-type", "application/\(type)")], Array(text.utf8))
      #expect(response.status == 400)
      #expect(String(decoding: response.body, as: UTF8.self).contains(#""code":"invalid_argument""#))
    }
    let response = try await exchange(carrier, get, [("content-type", "application/proto")])
    #expect(response.status == 200 && response.body.isEmpty)  // the empty message
  }

  @Test(arguments: WebCarrier.allCases)
  func `W29: a time-out that has passed is DEADLINE_EXCEEDED, and one that cannot be read is refused`(
    _ carrier: WebCarrier
  ) async throws {
    for timeout in ["x", "-1", "12345678901"] {
      let response = try await exchange(
        carrier, get, [("content-type", "application/json"), ("connect-timeout-ms", "\(timeout)")], Array("{}".utf8))
      #expect(response.status == 400)
    }
  }

  @Test(arguments: WebCarrier.allCases)
  func `W30: an answer says that it is compressed only if it is`(_ carrier: WebCarrier) async throws {
    for text in ["hi", String(repeating: "hi", count: 1000)] {
      let response = try await exchange(
        carrier, get, [("content-type", "application/proto"), ("accept-encoding", "br;q=1, gzip;q=0.5")], message(text)
      ) {
        $0.compression = .gzip
        $0.minimumCompressedBytes = 1000
      }
      #expect(response.status == 200)
      #expect((response["content-encoding"] == "gzip") == (text.count > 2))
      let plain =
        text.count > 2 ? try Compression.gzip.decompress(ByteBuffer(bytes: response.body), maxBytes: 10_000) : nil
      #expect(
        try Echo_V1_Message(serializedBytes: plain.map { Array($0.readableBytesView) } ?? response.body).text == text)
      #expect(response["content-length"] == "\(response.body.count)")
    }
  }

  @Test(arguments: WebCarrier.allCases)
  func `W6: what is no call gets its answer in HTTP`(_ carrier: WebCarrier) async throws {
    #expect(try await exchange(carrier, "POST /no.Such/Method", [("content-type", "application/json")]).status == 404)
    let response = try await exchange(carrier, get, [("content-type", "text/plain")])
    #expect(response.status == 415 && response["accept-post"] != nil)
    let verb = try await exchange(carrier, "GET /echo.v1.Echo/Expand", [])
    #expect(verb.status == 405 && verb["allow"] == "POST")
    if !carrier.isHTTP2 {
      let grpc = try await exchange(carrier, get, [("content-type", "application/grpc")], frame("hi"))
      #expect(grpc.status == 505 && grpc.isLast)
    }
    let unknown = try await exchange(
      carrier, get, [("content-type", "application/proto"), ("content-encoding", "x")], message("hi"))
    #expect(unknown.status == 501)
  }

  // MARK: Connect, streams

  @Test(arguments: WebCarrier.allCases)
  func `W37: a stream ends with an envelope of its own`(_ carrier: WebCarrier) async throws {
    let response = try await exchange(carrier, expand, [("content-type", "application/connect+proto")], frame("a b"))
    #expect(response.status == 200)
    #expect(response["content-type"] == "application/connect+proto")
    let end = #"{"metadata":{"x-tail":["2"]}}"#
    #expect(response.body == (try frame("a") + frame("b") + grpcMessage(Array(end.utf8), flag: 2)))
    let failed = try await exchange(
      carrier, expand, [("content-type", "application/connect+json")], grpcMessage(Array(#"{"text":"a fail"}"#.utf8)))
    let error = #"{"error":{"code":"data_loss","message":"lost"},"metadata":{"x-tail":["2"]}}"#
    #expect(failed.body == grpcMessage(Array(#"{"text":"a"}"#.utf8)) + grpcMessage(Array(error.utf8), flag: 2))
  }

  @Test(arguments: WebCarrier.allCases)
  func `W6, W37: streams of requests are one after the other over HTTP/1.1, if that is allowed`(_ carrier: WebCarrier)
    async throws
  {
    let collected = try await exchange(
      carrier, "POST /echo.v1.Echo/Collect", [("content-type", "application/connect+proto")], frame("a") + frame("b"))
    #expect(collected.body == (try frame("a b") + grpcMessage(Array("{}".utf8), flag: 2)))
    for type in ["application/connect+proto", "application/grpc-web"] {
      let refused = try await exchange(
        carrier, "POST /echo.v1.Echo/Update", [("content-type", type)], frame("a") + frame("b"))
      #expect(refused.status == (carrier.isHTTP2 ? 200 : 505))
    }
    let updated = try await exchange(
      carrier, "POST /echo.v1.Echo/Update", [("content-type", "application/connect+proto")], frame("a") + frame("b"),
      web: .init { $0.servesBidirectionalOverHTTP1 = true })
    #expect(updated.body == (try frame("a") + frame("b") + grpcMessage(Array("{}".utf8), flag: 2)))
  }

  // MARK: gRPC-Web

  @Test(arguments: WebCarrier.allCases)
  func `W14, W15: gRPC-Web has its trailers in the last frame`(_ carrier: WebCarrier) async throws {
    let response = try await exchange(
      carrier, get, [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")], frame("hi"))
    #expect(response.status == 200)
    #expect(response["content-type"] == "application/grpc-web+proto" && response["x-head"] == "1")
    let trailers = Array("grpc-status: 0\r\nx-tail: 2\r\n".utf8)
    #expect(response.body == (try frame("hi") + grpcMessage(trailers, flag: 0x80)))
    let failed = try await exchange(carrier, get, [("content-type", "application/grpc-web")], frame("fail"))
    #expect(
      failed.body
        == grpcMessage(
          Array("grpc-status: 5\r\ngrpc-message: no such thing %C3%BC\r\nx-tail: 2\r\n".utf8), flag: 0x80))
  }

  @Test(arguments: WebCarrier.allCases)
  func `W11, W16: text mode is base64 of each frame`(_ carrier: WebCarrier) async throws {
    let request = Base64.encode(try frame("a b"))
    let padded = request + String(repeating: "=", count: (4 - request.utf8.count % 4) % 4)
    let response = try await exchange(
      carrier, expand, [("content-type", "application/grpc-web-text")], Array(padded.utf8))
    #expect(response["content-type"] == "application/grpc-web-text")
    func text(_ bytes: [UInt8]) -> String {
      let text = Base64.encode(bytes)
      return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
    let trailers = grpcMessage(Array("grpc-status: 0\r\nx-tail: 2\r\n".utf8), flag: 0x80)
    #expect(
      String(decoding: response.body, as: UTF8.self) == (try text(frame("a")) + text(frame("b")) + text(trailers)))
    let bad = try await exchange(carrier, expand, [("content-type", "application/grpc-web-text")], Array("!!!!".utf8))
    #expect(Base64.decode(bad.body).map { String(decoding: $0, as: UTF8.self) }?.contains("grpc-status: 13") == true)
  }

  // MARK: CORS

  @Test func `W27: a preflight is no call to observers, and a refused call is`() async throws {
    let log = CallNames()
    let preflight = [("origin", "https://evil.example"), ("access-control-request-method", "POST")]
    try await withWebServer(web: .init { $0.cors.origins = ["https://app.example"] }, observers: [log]) { port in
      for origin in ["https://evil.example", "https://app.example"] {
        let request = WebRequest("OPTIONS", "/echo.v1.Echo/Get", [("origin", origin), preflight[1]])
        _ = try await WebCarrier.http1.exchange(request, port: port)
      }
      _ = try await WebCarrier.http1.exchange(WebRequest("DELETE", "/echo.v1.Echo/Get"), port: port)
    }
    #expect(log.names.withLock { $0 } == ["/echo.v1.Echo/Get refused"])
  }

  @Test(arguments: WebCarrier.allCases)
  func `W25, W27: pages of an allowed origin may ask, call and read`(_ carrier: WebCarrier) async throws {
    let web = WebConfiguration { $0.cors.origins = ["https://app.example"] }
    let response = try await exchange(
      carrier, "OPTIONS /echo.v1.Echo/Get",
      [
        ("origin", "https://app.example"), ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-unknown"),
      ], web: web)
    #expect(response.status == 204 && response.body.isEmpty)
    #expect(response["access-control-allow-origin"] == "https://app.example")
    #expect(response["access-control-allow-headers"] == "content-type")
    for type in ["application/json", "application/grpc-web+json"] {
      let body = Array(#"{"text":"hi"}"#.utf8)
      let called = try await exchange(
        carrier, get, [("content-type", "\(type)"), ("origin", "https://app.example")],
        type.contains("grpc") ? grpcMessage(body) : body, web: web)
      #expect(called["access-control-allow-origin"] == "https://app.example")
      #expect(called["access-control-expose-headers"]?.contains("x-head") == true)
    }
    let failed = try await exchange(
      carrier, get, [("content-type", "text/plain"), ("origin", "https://app.example")], web: web)
    #expect(failed.status == 415)
    #expect(failed["access-control-allow-origin"] == "https://app.example")
  }

  @Test(arguments: WebCarrier.allCases)
  func `W23: pages of other origins are refused before a handler runs`(_ carrier: WebCarrier) async throws {
    for web in [WebConfiguration(), WebConfiguration { $0.cors.origins = ["https://app.example"] }] {
      let response = try await exchange(
        carrier, get, [("content-type", "application/json"), ("origin", "https://evil.example")], Array("{}".utf8),
        web: web)
      #expect(response.status == 403)
      #expect(response["access-control-allow-origin"] == nil)
    }
    let own = try await exchange(
      carrier, get,
      [("content-type", "application/json"), ("origin", carrier.usesTLS ? "https://localhost" : "http://localhost")],
      Array("{}".utf8))
    #expect(own.status == 200)
  }
}

/// Notes the calls that observers are told of.
private final class CallNames: ServerObserver {
  let names = Mutex<[String]>([])

  func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? {
    names.withLock { $0.append("\(call.method)\(call.isRefused ? " refused" : "")") }
    return nil
  }
}
