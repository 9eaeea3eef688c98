// Frames made by hand, for peers that misbehave.

/// A frame as the peer writes it, also one that breaks the rules.
package struct RawFrame: Hashable, CustomStringConvertible {
  package var first: UInt8
  package var payload: [UInt8]

  /// - Parameter first: FIN, RSV and opcode.
  package init(_ first: UInt8, _ payload: [UInt8] = []) { (self.first, self.payload) = (first, payload) }
  package init(_ first: UInt8, _ text: String) { self.init(first, Array(text.utf8)) }

  package static func text(_ text: String) -> RawFrame { RawFrame(0x81, text) }
  package static func binary(_ bytes: [UInt8]) -> RawFrame { RawFrame(0x82, bytes) }
  package static func ping(_ text: String = "") -> RawFrame { RawFrame(0x89, text) }
  package static func pong(_ text: String = "") -> RawFrame { RawFrame(0x8A, text) }
  package static func close(_ code: UInt16? = 1000, _ reason: String = "") -> RawFrame {
    RawFrame(0x88, (code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []) + Array(reason.utf8))
  }

  /// The bytes on the wire.
  package func bytes(masked: Bool, key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]) -> [UInt8] {
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

  package var description: String {
    let names: [UInt8: String] = [0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"]
    let name = (names[first & 15] ?? "\(first & 15)") + (first & 0x80 == 0 ? "…" : "") + (first & 0x40 == 0 ? "" : "*")
    if first & 15 == 8, payload.count >= 2 { return "close \(Int(payload[0]) << 8 | Int(payload[1]))" }
    return payload.count > 40 ? "\(name) of \(payload.count)" : "\(name) \(String(decoding: payload, as: UTF8.self))"
  }

  /// All frames in these bytes; nil if they are cut or have the wrong mask.
  package static func all(in bytes: [UInt8], masked: Bool) -> [RawFrame]? {
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
