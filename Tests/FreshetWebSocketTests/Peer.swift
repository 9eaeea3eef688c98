// A session, and what its peer writes and reads: frames made by hand, and events as text.
import NIOCore

@testable import FreshetWebSocket

/// A frame as the peer writes it, also one that breaks the rules.
struct RawFrame: Hashable, CustomStringConvertible {
  var first: UInt8
  var payload: [UInt8]

  /// - Parameter first: FIN, RSV and opcode.
  init(_ first: UInt8, _ payload: [UInt8] = []) { (self.first, self.payload) = (first, payload) }
  init(_ first: UInt8, _ text: String) { self.init(first, Array(text.utf8)) }

  static func text(_ text: String) -> RawFrame { RawFrame(0x81, text) }
  static func binary(_ bytes: [UInt8]) -> RawFrame { RawFrame(0x82, bytes) }
  static func ping(_ text: String = "") -> RawFrame { RawFrame(0x89, text) }
  static func pong(_ text: String = "") -> RawFrame { RawFrame(0x8A, text) }
  static func close(_ code: UInt16? = 1000, _ reason: String = "") -> RawFrame {
    RawFrame(0x88, (code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []) + Array(reason.utf8))
  }

  /// The bytes on the wire.
  func bytes(masked: Bool, key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]) -> [UInt8] {
    var bytes = [first]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(mask | UInt8(payload.count))
    case ...0xFFFF: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - $0 * 8)) }
    }
    if !masked { return bytes + payload }
    return bytes + key + Self.masked(payload, key)
  }

  /// Byte by byte, and quick enough in a debug build.
  private static func masked(_ payload: [UInt8], _ key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: payload.count) { bytes, count in
      for index in payload.indices { bytes[index] = payload[index] ^ key[index & 3] }
      count = payload.count
    }
  }

  var description: String {
    let names: [UInt8: String] = [0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"]
    let name = (names[first & 15] ?? "\(first & 15)") + (first & 0x80 == 0 ? "…" : "") + (first & 0x40 == 0 ? "" : "*")
    if first & 15 == 8, payload.count >= 2 { return "close \(Int(payload[0]) << 8 | Int(payload[1]))" }
    return payload.count > 40 ? "\(name) of \(payload.count)" : "\(name) \(String(decoding: payload, as: UTF8.self))"
  }

  /// All frames in these bytes; nil if they are cut or have the wrong mask.
  static func all(in bytes: [UInt8], masked: Bool) -> [RawFrame]? {
    var frames: [RawFrame] = [], rest = bytes[...]
    func take(_ count: Int) -> [UInt8]? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    while !rest.isEmpty {
      guard let head = take(2), (head[1] & 0x80 != 0) == masked else { return nil }
      var length = Int(head[1] & 0x7F)
      if length >= 126 {
        guard let more = take(length == 126 ? 2 : 8) else { return nil }
        length = more.reduce(0) { $0 << 8 | Int($1) }
      }
      guard let key = masked ? take(4) : [0, 0, 0, 0], let payload = take(length) else { return nil }
      frames.append(RawFrame(head[0], masked ? Self.masked(payload, key) : payload))
    }
    return frames
  }
}

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
