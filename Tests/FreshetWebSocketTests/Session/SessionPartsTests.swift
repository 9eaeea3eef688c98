// Messages larger than memory, delivered as they arrive.
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct SessionPartsTests {
  private func parts(_ session: inout WebSocketSession, _ bytes: [UInt8], pieceBytes: Int = .max) -> [String] {
    var parts: [String] = [], rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
      while let event = session.next() {
        switch event {
        case .part(_, let payload, let isLast):
          let text = String(validating: payload.readableBytesView, as: UTF8.self) ?? "not UTF-8"
          parts.append(payload.readableBytes > 100 ? "of \(payload.readableBytes)" : text + (isLast ? "." : ""))
          session.giveBack(payload)
        case .message(_, let payload):
          parts.append("whole \(String(buffer: payload))")
          session.giveBack(payload)
        default: parts.append("\(event)")
        }
      }
    }
    return parts
  }

  @Test func `a part of a text ends with a code point, wherever frames and reads are cut`() {
    let text = "aé€\u{1F600}z"
    let bytes =
      Array(text.utf8).enumerated().flatMap {
        RawFrame($0 == 0 ? 0x01 : 0x00, [$1]).bytes(masked: true)
      } + RawFrame(0x80).bytes(masked: true)
    for pieceBytes in [1, 3, .max] {
      var session = WebSocketSession(role: .server)
      session.deliversParts = true
      #expect(parts(&session, bytes, pieceBytes: pieceBytes) == ["a", "é", "€", "\u{1F600}", "z", "."])
    }
  }

  @Test func `a message may be larger than any limit, and little of it is held`() {
    var session = WebSocketSession(role: .server, limits: WebSocketLimits { $0.maxMessageBytes = 1000 })
    session.deliversParts = true
    let frame = RawFrame(0x00, [UInt8](repeating: 1, count: 10_000)).bytes(masked: true)
    var bytes = RawFrame(0x02, [1]).bytes(masked: true)
    for _ in 0..<100 { bytes += frame }
    let sizes = parts(&session, bytes, pieceBytes: 4096)
    #expect(sizes.count > 100)
    #expect(session.receivedCapacity <= 32 << 10)
    #expect(parts(&session, RawFrame(0x80).bytes(masked: true)) == ["."])
    #expect(session.ending == .none)
  }

  @Test func `parts can be switched on within a message, and off for the next`() {
    var session = WebSocketSession(role: .server)
    #expect(parts(&session, RawFrame(0x01, "ab").bytes(masked: true)) == [])
    session.deliversParts = true
    #expect(parts(&session, RawFrame(0x00, "cd").bytes(masked: true)) == ["ab", "cd"])
    session.deliversParts = false
    #expect(parts(&session, RawFrame(0x80, "ef").bytes(masked: true)) == ["ef."])
    #expect(parts(&session, RawFrame.text("gh").bytes(masked: true)) == ["whole gh"])
  }

  @Test func `a message in one frame that a read brings whole is one part`() {
    for deflate in [nil, DeflateParameters()] {
      var session = WebSocketSession(role: .server, deflate: deflate)
      session.deliversParts = true
      let bytes = RawFrame.text("ab").bytes(masked: true) + RawFrame.text("").bytes(masked: true)
      #expect(parts(&session, bytes) == ["ab.", "."])
      #expect(parts(&session, bytes, pieceBytes: 7) == ["a", "b.", "."])
    }
  }

  @Test func `unread parts stop reading within a frame`() {
    var session = WebSocketSession(role: .server, limits: WebSocketLimits { $0.maxUnreadBytes = 20_000 })
    session.deliversParts = true
    let bytes = RawFrame.binary([UInt8](repeating: 1, count: 1_000_000)).bytes(masked: true)
    bytes.withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    var read = 0
    while case .part(_, let payload, let isLast)? = session.next() {
      read += payload.readableBytes
      #expect(session.unreadBytes < 40_000)
      if isLast { break }
      session.giveBack(payload)
    }
    #expect(read == 1_000_000)
  }
}
