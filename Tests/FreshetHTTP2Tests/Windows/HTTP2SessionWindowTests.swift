// The growth of a session's windows, with a peer that tracks the credit that it was given.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

/// A scripted client of a server's session. It never sends more than allowed.
private final class Peer {
  let server: Endpoint
  private(set) var connectionCredit = 65_535
  private(set) var streamCredit: [UInt32: Int] = [:]
  private var firstStreamCredit = 65_535
  private var unanswered: [Frame] = []
  private var sentSinceAnswer = true
  private(set) var pingCount = 0

  init(_ change: (inout HTTP2Settings) -> Void = { _ in }) throws {
    server = try Endpoint(.server, settings(change))
    try server.receive(Frame.preface + Frame.settings().bytes + Frame.settingsAck.bytes)
    server.session.state.windowBudget.process = WindowBudget(limitBytes: 1 << 30)
    try look()
  }

  func stream(_ id: UInt32) throws -> RecordingStream {
    try #require(server.streams.first { $0.id == Int32(id) })
  }

  @discardableResult
  func open(_ id: UInt32) throws -> RecordingStream {
    try server.receive(.headers(id, grpcRequest("/s/m")))
    streamCredit[id] = firstStreamCredit
    let stream = try stream(id)
    stream.forgetsData = true
    return stream
  }

  func credit(_ id: UInt32) -> Int { min(connectionCredit, streamCredit[id] ?? 0) }

  /// Sends frames of one size on a stream, as many as wanted and possible.
  /// - Returns: how many.
  @discardableResult
  func send(_ id: UInt32, frames: Int = .max, of bytes: Int) throws -> Int {
    let count = min(frames, credit(id) / bytes)
    let frame = Frame.data(id, Array(repeating: 1, count: bytes)).bytes
    var read: [UInt8] = []
    for number in 1...max(1, count) where count > 0 {
      read += frame
      if number == count || read.count > 65_536 {
        try server.receive(read)
        read.removeAll(keepingCapacity: true)
      }
    }
    if count > 0 { sentSinceAnswer = true }
    connectionCredit -= count * bytes
    streamCredit[id, default: 0] -= count * bytes
    return count
  }

  /// Reads the server's output. PINGs wait for `answer`.
  func look() throws {
    for frame in try server.frames() {
      switch frame.kind {
      case .windowUpdate where frame.streamID == 0: connectionCredit += Int(frame.number())
      case .windowUpdate: streamCredit[frame.streamID, default: 0] += Int(frame.number())
      case .ping where !frame.isAck:
        #expect(unanswered.isEmpty && sentSinceAnswer, "a PING without data since the answer to the one before")
        unanswered.append(.ping(BandwidthEstimator.pingPayload, isAck: true))
        #expect(frame == .ping(BandwidthEstimator.pingPayload))
        pingCount += 1
      case .settings where !frame.isAck:
        for entry in stride(from: 0, to: frame.payload.count, by: 6) where frame.payload[entry + 1] == 4 {
          firstStreamCredit = Int(frame.number(at: entry + 2))
        }
      default: break
      }
    }
  }

  func answer() throws {
    if unanswered.isEmpty { return }
    for frame in unanswered { try server.receive(frame) }
    unanswered = []
    sentSinceAnswer = false
    try look()
  }

  /// Sends all it may, has it read and its PING answered, until the stream's window is this large, or 40 times.
  func grow(_ id: UInt32, of bytes: Int = 16_384, to windowBytes: Int = 1 << 20) throws {
    let stream = try stream(id)
    for _ in 0..<40 where server.session.windowBytes(of: stream) < windowBytes {
      try send(id, of: bytes)
      try look()
      server.now = server.now + .milliseconds(100)
      try answer()
      server.session.giveBack(stream.unreadBytes, to: stream)
      try look()
    }
  }
}

@Suite struct HTTP2SessionWindowTests {
  @Test func `a connection begins with the protocol's windows, without announcing them`() throws {
    let client = try Endpoint(.client), server = try Endpoint(.server)
    for frames in [try client.frames(), try server.frames()] {
      #expect(kinds(frames) == [.settings])
      let names = stride(from: 0, to: frames[0].payload.count, by: 6).map { frames[0].payload[$0 + 1] }
      #expect(!names.contains(4))
    }
  }

  @Test func `fixed windows are announced, and nothing is measured`() throws {
    let peer = try Peer {
      $0.streamWindowBytes = 100_000
      $0.connectionWindowBytes = 200_000
    }
    try peer.open(1)
    #expect(peer.connectionCredit == 200_000)
    #expect(peer.credit(1) == 100_000)
    try peer.grow(1)
    #expect(peer.pingCount == 0)
    #expect(peer.server.session.windowBytes(of: try peer.stream(1)) == 100_000)
  }

  @Test func `the window of a stream that is read grows with the bytes in flight`() throws {
    let peer = try Peer()
    let stream = try peer.open(1)
    try peer.send(1, of: 16_384)
    try peer.look()
    #expect(peer.pingCount == 1)
    peer.server.now = peer.server.now + .milliseconds(100)
    try peer.answer()
    #expect(peer.server.session.windowBytes(of: stream) == 65_535)
    #expect(peer.server.session.giveBack(stream.unreadBytes, to: stream))
    #expect(peer.server.session.windowBytes(of: stream) == 131_070)
    try peer.look()
    #expect(peer.streamCredit[1] == 131_070)
    #expect(peer.connectionCredit > 65_535)
    try peer.grow(1, to: BandwidthEstimator.maxWindowBytes)
    #expect(peer.server.session.windowBytes(of: stream) == BandwidthEstimator.maxWindowBytes)
    #expect((8...20).contains(peer.pingCount))
  }

  @Test func `an unread stream keeps its window, however much arrives on others`() throws {
    let peer = try Peer()
    let unread = try peer.open(1)
    try peer.open(3)
    try peer.send(1, of: 16_384)
    try peer.grow(3)
    #expect(peer.server.session.windowBytes(of: try peer.stream(3)) > 1_000_000)
    #expect(peer.server.session.windowBytes(of: unread) == 65_535)
    // A slow reader leaves the window nearly full.
    for _ in 0..<100 {
      #expect(!peer.server.session.giveBack(8_192, to: unread))
      try peer.look()
      try peer.send(1, of: 8_192)
    }
    #expect(peer.server.session.windowBytes(of: unread) == 65_535)
    peer.server.session.giveBack(unread.unreadBytes, to: unread)
    #expect(peer.server.session.windowBytes(of: unread) > 1_000_000)
  }

  @Test(arguments: [5, 25, 105])
  func `streams of small frames never have credit for more than 4,000 of them, once their size is known`(
    _ frameBytes: Int
  ) throws {
    let peer = try Peer()
    let ids = stride(from: UInt32(1), to: 9, by: 2)
    for id in ids { try peer.open(id) }
    var sinceStart = 0
    for _ in 0..<8 {
      for id in ids {
        sinceStart += try peer.send(id, of: frameBytes)
        try peer.look()
        // The 65,535 bytes that a connection begins with are the protocol's.
        if sinceStart * frameBytes > 65_535 { #expect(peer.connectionCredit <= 4_000 * frameBytes) }
        let stream = try peer.stream(id)
        peer.server.session.giveBack(stream.unreadBytes, to: stream)
        try peer.look()
      }
      peer.server.now = peer.server.now + .milliseconds(100)
      try peer.answer()
    }
    #expect(sinceStart > 30_000)
  }

  @Test func `frames that become small get credit for at most 4,000 of them`() throws {
    let peer = try Peer()
    let stream = try peer.open(1)
    try peer.grow(1, to: 4 << 20)
    #expect(peer.connectionCredit > 2 << 20)
    var before = peer.connectionCredit
    for step in 0..<100 {
      try peer.send(1, frames: 1_000, of: 100)
      peer.server.session.giveBack(stream.unreadBytes, to: stream)
      try peer.look()
      // Credit given before cannot be revoked; it is not renewed.
      if step > 2 { #expect(peer.connectionCredit <= max(before, 400_000)) }
      before = peer.connectionCredit
    }
    #expect(peer.connectionCredit <= 400_000)
    // They are large again, and so is the window.
    for _ in 0..<40 {
      try peer.send(1, of: 16_384)
      peer.server.session.giveBack(stream.unreadBytes, to: stream)
      try peer.look()
    }
    #expect(peer.connectionCredit > 2 << 20)
  }

  @Test func `an exhausted budget leaves windows as they are`() throws {
    let peer = try Peer { $0.windowBudgetBytes = 1_000_000 }
    for id in stride(from: UInt32(1), to: 21, by: 2) {
      try peer.open(id)
      try peer.grow(id)
    }
    let session = peer.server.session!
    let grown = peer.server.streams.map { session.windowBytes(of: $0) - 65_535 }
    #expect(grown.reduce(0, +) == session.state.windowBudget.takenBytes)
    #expect((400_000...500_000).contains(grown[0]))
    #expect(grown.reduce(0, +) <= 1_000_000)
    #expect(grown.last == 0)
    #expect(try Peer { $0.windowBudgetBytes = 0 }.open(1).grownBytes == 0)
  }

  @Test func `the end of a stream, or of the session, returns the budget`() throws {
    let process = WindowBudget(limitBytes: 1 << 30)
    var peer: Peer? = try Peer()
    try peer.map { peer in
      peer.server.session.state.windowBudget.process = process
      for id: UInt32 in [1, 3, 5] {
        try peer.open(id)
        try peer.grow(id)
      }
      let taken = process.takenBytes
      try peer.server.receive(.reset(3, code: 8))
      #expect(process.takenBytes < taken)
      try peer.server.receive(.data(1, [], endStream: true))
      #expect(process.takenBytes > 0)
      #expect(peer.server.session.state.windowBudget.takenBytes == process.takenBytes)
    }
    peer = nil
    #expect(process.takenBytes == 0)
  }

  @Test func `nothing is returned to the window of a stream that its peer has ended`() throws {
    let peer = try Peer()
    let stream = try peer.open(1)
    try peer.server.receive(.data(1, Array(repeating: 1, count: 40_000), endStream: true))
    _ = try peer.server.frames()
    peer.server.session.giveBack(40_000, to: stream)
    #expect(try peer.server.frames() == [])
    #expect(stream.unreadBytes == 0)
  }

  @Test func `answers to other PINGs are reported, to this one are not`() throws {
    let peer = try Peer()
    try peer.server.receive(.ping(7, isAck: true), .ping(BandwidthEstimator.pingPayload, isAck: true))
    #expect(peer.server.pingAcks == [7])
    #expect(peer.pingCount == 0)
  }

  @Test func `unread bytes and credit always add up to the window`() throws {
    var random = SeededRandom.forTest("HTTP2SessionWindowTests")
    let peer = try Peer()
    let ids: [UInt32] = [1, 3, 5, 7]
    for id in ids { try peer.open(id) }
    let session = peer.server.session!
    for _ in 0..<5_000 {
      let id = ids.randomElement(using: &random)!
      let stream = try peer.stream(id)
      switch Int.random(in: 0..<8, using: &random) {
      case 0...3:
        let size = [5, 25, 1_000, 16_384, 60_000].randomElement(using: &random)!
        try peer.send(id, frames: Int.random(in: 1...40, using: &random), of: size)
      case 4, 5: session.giveBack(Int.random(in: 0...stream.unreadBytes, using: &random), to: stream)
      case 6: session.giveBack(stream.unreadBytes, to: stream)
      default:
        peer.server.now = peer.server.now + .milliseconds(Int64.random(in: 0...200, using: &random))
        try peer.answer()
      }
      try peer.look()
      for id in ids {
        let stream = try peer.stream(id)
        #expect(stream.unreadBytes <= session.windowBytes(of: stream))
        #expect(stream.unreadBytes + peer.streamCredit[id]! <= session.windowBytes(of: stream))
        #expect(stream.closes == [])
      }
    }
    // Everything withheld is returned in the end: nothing waits forever.
    for id in ids {
      for _ in 0..<3 {
        let stream = try peer.stream(id)
        session.giveBack(stream.unreadBytes, to: stream)
        try peer.look()
        try peer.send(id, of: 1_000)
      }
      #expect(peer.streamCredit[id]! >= 1_000 || peer.connectionCredit >= 1_000)
      let stream = try peer.stream(id)
      #expect(stream.unreadBytes > 0)
    }
  }

  @Test func `two sessions grow each other's windows, without burdens`() throws {
    let client = try Endpoint(.client), server = try Endpoint(.server)
    try exchange(client, server)
    let call = try client.request([], .endStream)
    let sent = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    call.output = sent
    for _ in 0..<1_000 {
      try exchange(client, server)
      let serving = try #require(server.streams.first)
      if serving.events.last == .endStream { break }
      server.session.giveBack(serving.unreadBytes, to: serving)
    }
    let serving = try #require(server.streams.first)
    #expect(serving.received == sent)
    #expect(server.session.windowBytes(of: serving) >= 524_280)
    #expect((1...20).contains(client.session.burdens[.pings]))
    #expect(client.burdens == [] && server.burdens == [])
    #expect(server.pingAcks == [])
  }
}
