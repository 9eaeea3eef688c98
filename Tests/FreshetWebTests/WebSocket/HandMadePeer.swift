// A WebSocket of ours, as server or client, and a peer that is made by hand.
import Freshet
import FreshetTransport
import FreshetWebSocket
import TestSupport
import WebSocketFuzzing

@testable import FreshetWeb

/// Which side is ours.
enum Side: String, CaseIterable, Sendable {
  case server, client

  /// A WebSocket of this side with the options that both have, and its peer, which ends behind `body`.
  func meet(
    limits: WebSocketLimits = WebSocketLimits(), deflates: Bool = false,
    _ body: (WebSocket, HandMadePeer) async throws -> Void
  ) async throws {
    switch self {
    case .server: try await meetClient(limits, deflates, body)
    case .client: try await meetServer(limits, deflates, body)
    }
  }

  private func meetClient(
    _ limits: WebSocketLimits, _ deflates: Bool, _ body: (WebSocket, HandMadePeer) async throws -> Void
  ) async throws {
    // A socket that stayed there would retain its server, whose handler retains the log.
    let sockets = EventLog<WebSocket>(), done = Signal<Void>()
    let web = WebConfiguration {
      let options = WebSocketOptions {
        $0.limits = limits
        $0.compression = deflates ? DeflateOptions() : nil
        $0.closeTimeout = .seconds(60)
        $0.pingInterval = nil
      }
      $0.webSocket("/", options: options) { socket, _ in
        sockets.record(socket)
        try await done.value()
      }
    }
    try await withWebServer(web: web) { port in
      let fields = deflates ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
      let raw = try await onThread { try RawWebSocket(port: port, "/", fields) }
      defer {
        raw.socket.finish()
        done.set()
      }
      try await body(try await sockets.next("a WebSocket"), HandMadePeer(raw))
    }
  }

  private func meetServer(
    _ limits: WebSocketLimits, _ deflates: Bool, _ body: (WebSocket, HandMadePeer) async throws -> Void
  ) async throws {
    let listener = LoopbackListener()
    var options = SocketCarrier.http1.options
    options.limits = limits
    if deflates { options.compression = DeflateOptions() }
    let accepting = Task {
      let descriptor = try await listener.accept()
      let fields = deflates ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
      return try await onThread { try RawWebSocket(accepted: descriptor, fields) }
    }
    let socket = try await WebSocket.open("ws://127.0.0.1:\(listener.port)/", options: options)
    let raw = try await accepting.value
    defer { raw.socket.finish() }
    try await body(socket, HandMadePeer(raw))
  }
}

/// What it does blocks a thread of its own.
struct HandMadePeer: Sendable {
  let socket: RawWebSocket

  init(_ socket: RawWebSocket) { self.socket = socket }

  func send(_ frames: RawFrame...) async throws {
    let socket = socket
    try await onThread { for frame in frames { socket.send(frame) } }
  }

  func send(bytes: [UInt8]) async throws {
    let socket = socket
    try await onThread { socket.socket.send(bytes) }
  }

  func read() async throws -> RawFrame {
    let socket = socket
    return try await onThread { try socket.read() }
  }

  func readToEnd() async throws -> [RawFrame] {
    let socket = socket
    return try await onThread { try socket.readToEnd() }
  }

  func bytes(_ frames: [RawFrame]) -> [UInt8] { frames.flatMap { $0.bytes(masked: socket.isClient) } }
}

/// Waits for a state of the stream's that nothing announces, a look at each turn of its loop at most.
func wait(for stream: TransportStream, _ condition: @escaping @Sendable (TransportStream) -> Bool) async throws {
  while await !stream.executor.call({ condition(stream) }) { try await Task.sleep(for: .milliseconds(1)) }
}
