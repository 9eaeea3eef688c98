// Autobahn's cases against a session that echoes (W98), in whole, octet by octet, and cut at random.
import Fuzzing
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct AutobahnTests {
  private func check(_ transcript: Transcript, _ echo: Echo, _ how: String) {
    let frames = echo.frames
    let isControl = { (frame: String) in frame.hasPrefix("pong") || frame.hasPrefix("close") }
    #expect(frames.filter { !isControl($0) } == transcript.echoed, "\(how)")
    #expect(frames.filter { $0.hasPrefix("pong") } == transcript.pongs, "\(how)")
    #expect(frames.last == transcript.close, "\(how)")
    #expect(frames.filter { $0.hasPrefix("close") }.count == 1, "\(how)")
    #expect(echo.session.ending == (echo.session.role == .client && echo.isClean ? .awaitsEnd : .end), "\(how)")
  }

  @Test(arguments: Transcript.all) func `every case has its answer`(_ transcript: Transcript) {
    for role in [WebSocketRole.server, .client] {
      let bytes = transcript.bytes(masked: role == .server)
      for pieceBytes in [Int.max, 997] + (bytes.count < 2000 ? [1, 2, 3, 5] : []) {
        var echo = Echo(role)
        echo.receive(bytes, pieceBytes: pieceBytes)
        check(transcript, echo, "\(role), by \(pieceBytes)")
      }
    }
  }

  @Test func `every case is the same cut at random`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Mutator(seed: seed, words: [])
    for transcript in Transcript.all {
      let bytes = transcript.bytes(masked: true)
      var echo = Echo(), rest = bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(1 + random.index(below: bytes.count < 1000 ? 20 : 20_000)))
        rest = rest.dropFirst(piece.count)
        echo.receive(piece)
      }
      check(transcript, echo, "\(transcript.id), seed \(seed)")
    }
  }

  @Test func `a text fails at its first impossible byte, not later (6.4.3, 6.4.4)`() {
    let good = Array("κόσμε".utf8), bad: [UInt8] = [0xF4, 0x90, 0x80, 0x80]
    let bytes = RawFrame(0x81, good + bad + Array("edited".utf8)).bytes(masked: true)
    var echo = Echo()
    echo.receive(Array(bytes[..<(6 + good.count + 1)]))
    #expect(echo.events == [])
    echo.receive(Array(bytes[(6 + good.count + 1)..<(6 + good.count + 2)]))
    #expect(echo.events == ["failed 1007"])
    #expect(echo.frames == ["close 1007"])
  }

  @Test func `a pong does not wait for the end of the message (5.20)`() {
    var echo = Echo()
    echo.receive(RawFrame(0x01, "f1"), RawFrame(0x00, "f2"), .ping("p1"))
    #expect(echo.frames == ["pong p1"])
    echo.receive(RawFrame(0x00, "f3"), .ping("p2"), RawFrame(0x80, "f4"), .close())
    #expect(echo.frames == ["pong p1", "pong p2", "text f1f2f3f4", "close 1000"])
  }

  /// 9.1–9.6, smaller; 10.1.1.
  @Test(arguments: [64, 256, 1300, 4096, 65_536])
  func `large messages come in fragments of any size (9, 10)`(_ size: Int) {
    let text = [UInt8](repeating: 0x2A, count: 1 << 16)
    for opcode in [UInt8(1), 2] {
      var bytes: [UInt8] = []
      for start in stride(from: 0, to: text.count, by: size) {
        let end = min(start + size, text.count), first = (start == 0 ? opcode : 0) | (end == text.count ? 0x80 : 0)
        bytes += RawFrame(first, Array(text[start..<end])).bytes(masked: true)
      }
      bytes += RawFrame.close().bytes(masked: true)
      for pieceBytes in [Int.max, 64, 2048] {
        var echo = Echo()
        echo.receive(bytes, pieceBytes: pieceBytes)
        #expect(echo.frames == ["\(opcode == 1 ? "text" : "binary") of 65536", "close 1000"])
      }
    }
  }

  @Test func `a thousand round trips of each size (9.7, 9.8)`() {
    for size in [0, 16, 125, 4096] {
      var echo = Echo()
      for _ in 0..<1000 { echo.receive(.binary([UInt8](repeating: 1, count: size))) }
      echo.receive(.close())
      #expect(echo.frames.count == 1001)
      #expect(echo.frames.last == "close 1000")
    }
  }
}
