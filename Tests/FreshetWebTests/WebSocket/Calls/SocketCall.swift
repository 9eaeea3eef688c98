// A call over a WebSocket, message by message as the test writes it.
import EchoStubs
import Freshet
import FreshetCore
import NIOCore
import Testing

@testable import FreshetWeb

/// A client of `grpc.freshet.v1` in binary messages that does nothing by itself.
struct SocketCall {
  let socket: WebSocket
  var messages: WebSocketMessages.AsyncIterator

  init(_ socket: WebSocket) {
    self.socket = socket
    messages = socket.messages.makeAsyncIterator()
  }

  func send(_ kind: UInt8, _ body: some Sequence<UInt8> = []) async throws {
    try await socket.send(ByteBuffer(bytes: [kind] + Array(body)))
  }

  func head(_ lines: String = "") async throws { try await send(1, Array(lines.utf8)) }

  func message(_ text: String) async throws { try await send(2, try Word(text).serializedBytes() as [UInt8]) }

  func end() async throws { try await send(4) }

  func credit(_ count: UInt32) async throws { try await send(6, withUnsafeBytes(of: count.bigEndian) { Array($0) }) }

  /// The next message besides credits, as its kind and body; nil after the close.
  mutating func next() async throws -> (kind: UInt8, body: [UInt8])? {
    while let message = try await messages.next() {
      guard case .binary(var bytes) = message, let kind: UInt8 = bytes.readInteger() else {
        Issue.record("\(message)")
        continue
      }
      if kind != 6 { return (kind, Array(bytes.readableBytesView)) }
    }
    return nil
  }

  /// All messages up to the close, as `kind:body`, where a message of the call's is its text.
  mutating func rest() async throws -> [String] {
    var all: [String] = []
    while let (kind, body) = try await next() {
      let text = kind == 2 ? try Word(serializedBytes: body).text : String(decoding: body, as: UTF8.self)
      all.append("\(kind):\(text.replacing("\r\n", with: "|"))")
    }
    return all
  }
}

/// Serves words while `body` uses a WebSocket to a method of theirs.
func withSocketCall(
  _ carrier: SocketCarrier, _ path: String, subprotocol: String = "grpc.freshet.v1",
  service: WordService = WordService(), configuration: ServerConfiguration = ServerConfiguration(),
  web: WebConfiguration = WebConfiguration(), fields: [HTTPField] = [], _ body: (SocketCall) async throws -> Void
) async throws {
  var options = carrier.options
  options.subprotocols = [subprotocol]
  options.fields = fields
  var configuration = configuration
  configuration.connection.handshakeTimeout = .seconds(60)  // a busy machine may take its time
  try await withWordServer(
    service, tls: carrier.usesTLS ? webIdentity : nil, configuration: configuration, web: web
  ) { address in
    try await WebSocket.connect(carrier.url(address.port, "/test.Words/\(path)"), options: options) {
      try await body(SocketCall($0))
    }
  }
}

/// Likewise, over HTTP/1.1.
func withSocketCall(
  _ path: String, service: WordService = WordService(), configuration: ServerConfiguration = ServerConfiguration(),
  web: WebConfiguration = WebConfiguration(), fields: [HTTPField] = [], _ body: (SocketCall) async throws -> Void
) async throws {
  try await withSocketCall(
    .http1, path, service: service, configuration: configuration, web: web, fields: fields, body)
}
