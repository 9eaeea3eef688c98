// A WebSocket of a peer that misbehaves: bytes on a socket, and frames made by hand.
import FreshetWebSocket
import TestSupport
import WebSocketFuzzing

/// Blocks, so it runs on a thread of its own (`onThread`).
final class RawWebSocket: @unchecked Sendable {  // SAFETY: used by one thread at a time.
  let socket: RawSocket
  let isClient: Bool
  private var received: [UInt8] = []

  static func opening(_ path: String = "/", _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(fields)\r\n"
  }

  /// Opens one as a client.
  init(port: Int, _ path: String = "/", _ fields: String = "") throws {
    socket = RawSocket(port: port)
    isClient = true
    socket.send(Self.opening(path, fields).utf8)
    let head = try readHead()
    guard head.hasPrefix("HTTP/1.1 101 ") else { throw PeerFailure(description: head) }
  }

  /// Accepts one as a server.
  init(accepted descriptor: CInt, _ fields: String = "") throws {
    socket = RawSocket(descriptor: descriptor)
    isClient = false
    socket.send(Self.acceptance(of: try readHead(), fields).utf8)
  }

  /// The answer to a handshake.
  static func acceptance(of request: String, _ fields: String = "") -> String {
    let name = "sec-websocket-key: "
    let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name) } ?? ""
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      + HandshakeKey.accept(String(line.dropFirst(name.count))) + "\r\n\(fields)\r\n"
  }

  func send(_ frames: RawFrame...) { socket.send(frames.flatMap { $0.bytes(masked: isClient) }) }

  private func readMore() throws {
    guard let more = socket.read(), !more.isEmpty else { throw PeerFailure(description: "ended after \(received)") }
    received += more
  }

  private func readHead() throws -> String {
    while true {
      let end = received.indices.first { received[$0...].starts(with: Array("\r\n\r\n".utf8)) }
      if let end {
        defer { received.removeFirst(end + 4) }
        return String(decoding: received[..<(end + 4)], as: UTF8.self)
      }
      try readMore()
    }
  }

  /// The next frame.
  func read() throws -> RawFrame {
    while true {
      if let count = frameBytes, received.count >= count {
        defer { received.removeFirst(count) }
        guard let frame = RawFrame.all(in: Array(received[..<count]), masked: !isClient)?.first else {
          throw PeerFailure(description: "\(received[..<count]) is no frame")
        }
        return frame
      }
      try readMore()
    }
  }

  /// The size of the first frame, head included.
  private var frameBytes: Int? {
    guard received.count >= 2 else { return nil }
    let mask = isClient ? 0 : 4, short = Int(received[1] & 0x7F)
    let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
    if lengthBytes == 0 { return 2 + mask + short }
    guard received.count >= 2 + lengthBytes else { return nil }
    return 2 + lengthBytes + mask + received[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
  }

  /// All frames until the peer ends the connection.
  func readToEnd() throws -> [RawFrame] {
    guard let rest = socket.readToEnd() else { throw PeerFailure(description: "the peer does not end the connection") }
    received += rest
    return RawFrame.all(in: received, masked: !isClient) ?? []
  }
}
