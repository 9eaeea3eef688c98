// Raw HTTP/2 frames, so that a scripted peer can send what a correct library would not.

/// A header field on the wire.
public struct HeaderField: Sendable, Hashable, CustomStringConvertible {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  public var description: String { "\(name): \(value)" }
}

/// One frame (RFC 9113 §4.1).
public struct Frame: Sendable, Hashable {
  public enum Kind: UInt8, Sendable {
    case data, headers, priority, reset, settings, pushPromise, ping, goaway, windowUpdate, continuation
  }

  public static let endStream: UInt8 = 0x1
  public static let ack: UInt8 = 0x1
  public static let endHeaders: UInt8 = 0x4
  public static let padded: UInt8 = 0x8

  public var type: UInt8
  public var flags: UInt8
  public var streamID: UInt32
  public var payload: [UInt8]
  /// Set by `FrameReader` for a HEADERS frame with its whole block.
  public var fields: [HeaderField] = []

  public init(type: UInt8, flags: UInt8 = 0, streamID: UInt32 = 0, payload: [UInt8] = []) {
    self.type = type
    self.flags = flags
    self.streamID = streamID
    self.payload = payload
  }

  public init(_ kind: Kind, flags: UInt8 = 0, streamID: UInt32 = 0, payload: [UInt8] = []) {
    self.init(type: kind.rawValue, flags: flags, streamID: streamID, payload: payload)
  }

  public var kind: Kind? { Kind(rawValue: type) }
  public var isEndStream: Bool { (kind == .data || kind == .headers) && flags & Self.endStream != 0 }
  public var isAck: Bool { (kind == .settings || kind == .ping) && flags & Self.ack != 0 }

  /// The first value of a field of a header block.
  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The 32-bit number at an offset of the payload: a reset's code, a window's increment, a GOAWAY's last stream.
  public func number(at offset: Int = 0) -> UInt32 {
    payload.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The frame on the wire.
  public var bytes: [UInt8] {
    let length = UInt32(payload.count)
    return Array(Self.big(length).dropFirst()) + [type, flags] + Self.big(streamID) + payload
  }

  static func big(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

// MARK: Making frames

extension Frame {
  /// The client's connection preface (RFC 9113 §3.4).
  public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  public static func data(_ id: UInt32, _ bytes: [UInt8], endStream: Bool = false, padding: UInt8? = nil) -> Frame {
    var flags: UInt8 = endStream ? Self.endStream : 0
    guard let padding else { return Frame(.data, flags: flags, streamID: id, payload: bytes) }
    flags |= padded
    return Frame(
      .data, flags: flags, streamID: id, payload: [padding] + bytes + Array(repeating: 0, count: Int(padding)))
  }

  public static func headers(_ id: UInt32, _ fields: [(String, String)], endStream: Bool = false) -> Frame {
    Frame(.headers, flags: endHeaders | (endStream ? Self.endStream : 0), streamID: id, payload: block(fields))
  }

  /// One block split into a HEADERS frame and as many CONTINUATION frames as necessary.
  public static func longHeaders(_ id: UInt32, _ fields: [(String, String)], endStream: Bool = false) -> [Frame] {
    longHeaders(id, block: block(fields), endStream: endStream)
  }

  public static func longHeaders(_ id: UInt32, block: [UInt8], endStream: Bool = false) -> [Frame] {
    if block.isEmpty { return [.headers(id, [], endStream: endStream)] }
    let starts = Array(stride(from: 0, to: block.count, by: 16_384))
    return starts.enumerated().map { index, start in
      let part = Array(block[start..<min(start + 16_384, block.count)])
      let last = index == starts.count - 1 ? endHeaders : 0
      if index > 0 { return Frame(.continuation, flags: last, streamID: id, payload: part) }
      return Frame(.headers, flags: last | (endStream ? Self.endStream : 0), streamID: id, payload: part)
    }
  }

  public static func settings(_ entries: [(UInt16, UInt32)] = []) -> Frame {
    Frame(.settings, payload: entries.flatMap { Array(big(UInt32($0.0)).suffix(2)) + big($0.1) })
  }

  public static let settingsAck = Frame(.settings, flags: ack)

  public static func ping(_ payload: UInt64, isAck: Bool = false) -> Frame {
    Frame(.ping, flags: isAck ? ack : 0, payload: big(UInt32(payload >> 32)) + big(UInt32(truncatingIfNeeded: payload)))
  }

  public static func goaway(last: UInt32, code: UInt32 = 0, debug: String = "") -> Frame {
    Frame(.goaway, payload: big(last) + big(code) + Array(debug.utf8))
  }

  public static func reset(_ id: UInt32, code: UInt32) -> Frame { Frame(.reset, streamID: id, payload: big(code)) }

  public static func windowUpdate(_ id: UInt32, _ increment: UInt32) -> Frame {
    Frame(.windowUpdate, streamID: id, payload: big(increment))
  }

  /// A header block of literals without indexing and without Huffman codes (RFC 7541 §6.2.2).
  public static func block(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { [0] + string(Array($0.0.utf8)) + string(Array($0.1.utf8)) }
  }

  /// The same with arbitrary bytes as values.
  public static func block(raw fields: [(String, [UInt8])]) -> [UInt8] {
    fields.flatMap { [0] + string(Array($0.0.utf8)) + string($0.1) }
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] { integer(bytes.count) + bytes }

  /// An integer with a seven-bit prefix (RFC 7541 §5.1).
  private static func integer(_ number: Int) -> [UInt8] {
    if number < 127 { return [UInt8(number)] }
    var rest = number - 127
    var bytes: [UInt8] = [127]
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// A message with gRPC's prefix.
public func grpcMessage(_ payload: [UInt8], flag: UInt8 = 0) -> [UInt8] {
  [flag] + Frame.big(UInt32(payload.count)) + payload
}

/// The pseudo-headers and headers of a plain gRPC request.
public func grpcRequest(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
  [
    (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("te", "trailers"),
    ("content-type", "application/grpc"),
  ] + more
}
