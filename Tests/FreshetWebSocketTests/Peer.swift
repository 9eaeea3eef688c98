// A session, and what its peer reads, as text.
import NIOCore
import WebSocketFuzzing

@testable import FreshetWebSocket

/// A session whose application echoes every message, and closes when its peer does.
struct Echo {
  var session: WebSocketSession
  private(set) var events: [String] = []
  /// All bytes that it wrote.
  private(set) var output: [UInt8] = []
  /// Whether messages are echoed.
  var echoes = true
  /// Whether what was read is given back.
  var reads = true
  var now = NIODeadline.uptimeNanoseconds(0)
  private var partsText = ""

  init(_ session: WebSocketSession) { self.session = session }

  init(
    _ role: WebSocketRole = .server, limits: WebSocketLimits = WebSocketLimits(), deflate: DeflateParameters? = nil
  ) {
    self.init(WebSocketSession(role: role, limits: limits, deflate: deflate))
  }

  mutating func receive(_ bytes: [UInt8], pieceBytes: Int = .max) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { session.receive($0, now: now) }
      handle()
    }
  }

  mutating func receive(_ frames: RawFrame..., pieceBytes: Int = .max) {
    receive(frames.flatMap { $0.bytes(masked: session.role == .server) }, pieceBytes: pieceBytes)
  }

  mutating func receiveEnd() {
    session.receiveEnd()
    handle()
  }

  mutating func handle() {
    while let event = session.next() {
      switch event {
      case .message(let kind, let payload):
        events.append("\(kind) \(Self.text(payload))")
        if echoes { try? session.send(payload, as: kind) }
        if reads { session.giveBack(payload) }
      case .part(let kind, let payload, let isLast):
        partsText += String(decoding: payload.readableBytesView, as: UTF8.self)
        if echoes { try? session.sendPart(payload, as: kind, isLast: isLast) }
        if isLast {
          events.append("parts of \(kind) \(partsText)")
          partsText = ""
        }
        if reads { session.giveBack(payload) }
      case .ping: events.append("ping")
      case .pong(let payload): events.append("pong \(Self.text(payload))")
      case .closed(let close):
        events.append("closed \(close.code) \(close.reason)")
        session.close()
      case .failed(let error):
        events.append("failed \(error.code)")
        session.close()
      }
    }
    write()
  }

  mutating func write() {
    var buffer = ByteBuffer()
    session.writeOutput(into: &buffer)
    output += Array(buffer.readableBytesView)
  }

  /// Whether both sides have closed.
  var isClean: Bool {
    if case .closed = session.closeState { true } else { false }
  }

  /// What was written, as frames.
  var frames: [String] {
    RawFrame.all(in: output, masked: session.role == .client)?.map(\.description) ?? ["\(output) is not frames"]
  }

  private static func text(_ payload: ByteBuffer) -> String {
    payload.readableBytes > 40
      ? "of \(payload.readableBytes)" : String(decoding: payload.readableBytesView, as: UTF8.self)
  }
}
