// Frames in bytes that are cut anywhere, and heads that break rules (W66, W68).
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct FrameParserTests {
  /// Events as texts; the pieces of a payload are joined.
  private func events(
    _ bytes: [UInt8], role: WebSocketRole = .client, pieceBytes: Int = .max, allowsCompression: Bool = false
  ) -> [String] {
    var parser = FrameParser(role: role, allowsCompression: allowsCompression)
    var events: [String] = [], payload: [UInt8] = [], rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      do {
        try piece.withUnsafeBytes { bytes in
          var input = bytes
          while let event = try parser.next(&input) {
            switch event {
            case .head(let head):
              events.append(
                "\(head.opcode) \(head.payloadBytes)\(head.isFinal ? "" : "…")\(head.isCompressed ? " compressed" : "")"
              )
            case .payload(let bytes, let key):
              var plain = Array(bytes)
              if let key { plain.withUnsafeMutableBytes { Masking.apply(key, to: $0) } }
              payload += plain
            case .end:
              events.append(String(decoding: payload, as: UTF8.self))
              payload = []
            }
          }
          #expect(input.isEmpty)
        }
      } catch {
        return events + [(error as? WebSocketError)?.code.description ?? "\(error)"]
      }
    }
    return events
  }

  @Test(arguments: [1, 2, 3, 5, .max]) func `frames are the same however they are cut`(_ pieceBytes: Int) {
    for role in [WebSocketRole.server, .client] {
      let frames = [
        RawFrame(0x01, "Hel"), .ping(""), RawFrame(0x80, "lo"), .binary([UInt8](repeating: 0x61, count: 300)),
      ]
      let bytes = frames.flatMap { $0.bytes(masked: role == .server) }
      #expect(
        events(bytes, role: role, pieceBytes: pieceBytes) == [
          "text 3…", "Hel", "ping 0", "", "continuation 2", "lo", "binary 300", String(repeating: "a", count: 300),
        ])
    }
  }

  @Test func `the examples of RFC 6455 §5.7 are read`() {
    #expect(events([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]) == ["text 5", "Hello"])
    #expect(
      events([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], role: .server) == ["text 5", "Hello"])
    #expect(events([0x82, 0x7E, 0x01, 0x00] + [UInt8](repeating: 1, count: 256)).first == "binary 256")
    #expect(events([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]) == ["binary 65536"])
  }

  @Test(
    arguments: [
      ([0x83], "a reserved opcode"), ([0x8B], "a reserved control opcode"), ([0xC1], "RSV1"), ([0xA1], "RSV2"),
      ([0x91], "RSV3"), ([0x09], "a fragmented ping"), ([0x08], "a fragmented close"), ([0x89, 0x7E], "a long ping"),
      ([0x81, 0x80], "a masked frame from a server"), ([0x81, 0x7E, 0, 125], "a length of 125 in 16 bits"),
      ([0x81, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], "a length of 65535 in 64 bits"),
      ([0x81, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0], "a length of 2^63"),
    ] as [([UInt8], String)])
  func `a head fails as soon as it can be seen to be wrong`(_ bytes: [UInt8], _ what: String) {
    for pieceBytes in [1, .max] {
      #expect(events(bytes, pieceBytes: pieceBytes) == ["1002"], "\(what)")
      #expect(events(Array(bytes.dropLast()), pieceBytes: pieceBytes) == [], "\(what), before its last byte")
    }
  }

  @Test func `a client's frame without a mask fails`() {
    #expect(events([0x81, 0x05], role: .server) == ["1002"])
  }

  @Test func `RSV1 has a meaning on the first frame of a message alone (W77)`() {
    #expect(events([0xC1, 0x00], allowsCompression: true) == ["text 0 compressed", ""])
    #expect(events([0xC2, 0x00], allowsCompression: true) == ["binary 0 compressed", ""])
    for first in [0xC0, 0xC8, 0xC9, 0xCA, 0xE1, 0xD1] as [UInt8] {
      #expect(events([first], allowsCompression: true) == ["1002"])
    }
  }

  @Test func `a payload comes in pieces of at most the wanted size`() throws {
    var parser = FrameParser(role: .client, allowsCompression: false), sizes: [Int] = []
    try RawFrame.binary([UInt8](repeating: 1, count: 10)).bytes(masked: false).withUnsafeBytes { bytes in
      var input = bytes
      while let event = try parser.next(&input, maxBytes: 4) {
        if case .payload(let piece, _) = event { sizes.append(piece.count) }
      }
    }
    #expect(sizes == [4, 4, 2])
    #expect(parser.isAtBorder)
  }
}
