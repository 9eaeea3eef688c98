// A server's session: data and windows in both directions, with hand-written frames.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct HTTP2SessionDataTests {
  private let server: Endpoint

  init() throws { server = try Endpoint.readyServer() }

  @Test func `data arrives in the pieces of its frames, then the end`() throws {
    try server.receive(
      .headers(1, grpcRequest("/s/m")), .data(1, [1, 2]), .data(1, []), .data(1, [3], endStream: true))
    #expect(server.streams[0].received == [1, 2, 3])
    #expect(server.streams[0].events.last == .endStream)
    #expect(server.streams[0].unreadBytes == 3)
  }

  @Test func `no WINDOW_UPDATE is sent before bytes are returned, and one after half the window`() throws {
    let server = try Endpoint.readyServer(settings { $0.streamWindowBytes = 10_000 })
    try server.receive(.headers(1, grpcRequest("/s/m")), .data(1, Array(repeating: 1, count: 10_000)))
    #expect(try server.frames() == [])
    let stream = server.streams[0]
    server.session.giveBack(4_999, to: stream)
    #expect(try server.frames() == [])
    server.session.giveBack(1, to: stream)
    #expect(try server.frames() == [.windowUpdate(1, 5_000)])
    #expect(stream.unreadBytes == 5_000)
    server.session.giveBack(1_000_000, to: stream)
    #expect(try server.frames() == [.windowUpdate(1, 5_000)])
    #expect(stream.unreadBytes == 0)
  }

  @Test func `padding counts towards the window and is returned automatically`() throws {
    let server = try Endpoint.readyServer(settings { $0.streamWindowBytes = 1_000 })
    try server.receive(.headers(1, grpcRequest("/s/m")))
    var updates: UInt32 = 0
    for _ in 0..<20 {  // 20 × 257 bytes of which 20 are data
      try server.receive(.data(1, [5], padding: 255))
      for frame in try server.frames() where frame.kind == .windowUpdate && frame.streamID == 1 {
        updates += frame.number()
      }
    }
    let stream = server.streams[0]
    #expect(stream.received == Array(repeating: 5, count: 20))
    #expect(stream.closes == [])
    #expect(stream.unreadBytes == 20)
    #expect(updates >= 20 * 256 - 1_000)
    #expect(updates <= 20 * 256)
  }

  @Test func `data beyond the stream's window resets that stream with FLOW_CONTROL_ERROR`() throws {
    let server = try Endpoint.readyServer(settings { $0.streamWindowBytes = 100 })
    try server.receive(
      .headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m")), .data(1, Array(repeating: 1, count: 101)))
    let frames = try server.frames()
    #expect(frames.contains(.reset(1, code: ErrorCode.flowControlError.rawValue)))
    #expect(server.streams[0].closes == [.resetByUs(.flowControlError)])
    #expect(server.streams[1].closes == [])
    try server.receive(.data(3, [1], endStream: true))
    #expect(server.streams[1].received == [1])
  }

  @Test func `data beyond the connection's window ends the connection with FLOW_CONTROL_ERROR`() throws {
    let server = try Endpoint(.server)
    _ = try server.output()
    try server.receive(Frame.preface + Frame.settings().bytes)  // our settings are not acknowledged
    _ = try server.output()
    try server.receive(.headers(1, grpcRequest("/s/m")))
    let chunk = Frame.data(1, Array(repeating: 1, count: 16_384)).bytes
    // Without reading our output, the peer sends more than the window; each arrival is returned at once, so this is
    // allowed.
    var failed = false
    for _ in 0..<1_000 {
      do { try server.receive(chunk) } catch { failed = true }
      if failed { break }
    }
    let frames = try server.frames()
    #expect(frames.contains { $0.kind == .goaway || $0.kind == .reset })
    #expect(
      frames.contains { ($0.kind == .goaway && $0.number(at: 4) == 3) || ($0.kind == .reset && $0.number() == 3) })
  }

  @Test func `data on a closed stream is ignored, and does not shrink the connection's window`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    server.session.reset(server.streams[0], .cancel)
    _ = try server.frames()
    var updates: UInt32 = 0
    for _ in 0..<1_000 {  // 16 MB on a connection whose window is 64 KiB
      try server.receive(.data(1, Array(repeating: 1, count: 16_384)))
      for frame in try server.frames() {
        #expect(frame.kind == .windowUpdate && frame.streamID == 0, "\(frame)")
        updates += frame.number()
      }
    }
    #expect(updates >= 1_000 * 16_384 - 65_535)
    #expect(server.streams[0].received == [])
    #expect(server.streams[0].closes == [.resetByUs(.cancel)])
    try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.count == 2)
  }

  @Test func `data after END_STREAM ends the stream or the connection with STREAM_CLOSED`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    try? server.receive(.data(1, [1]))
    let frames = (try? server.frames()) ?? []
    #expect(
      frames.contains {
        ($0.kind == .goaway && $0.number(at: 4) == ErrorCode.streamClosed.rawValue)
          || ($0.kind == .reset && $0.number() == ErrorCode.streamClosed.rawValue)
      })
    #expect(server.streams[0].received == [])
  }

  @Test func `a WINDOW_UPDATE of zero resets the stream with PROTOCOL_ERROR`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    try? server.receive(.windowUpdate(1, 0))
    let frames = try server.frames()
    #expect(frames.contains { $0.kind == .reset || $0.kind == .goaway })
  }

  @Test func `output stops at the peer's window and continues with its WINDOW_UPDATE`() throws {
    try server.receive(.settings([(4, 10)]), .headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = server.streams[0]
    stream.output = Array(0..<25)
    stream.end = .trailers(["grpc-status": "0"])
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    var frames = try server.frames().filter { $0.kind != .settings }
    #expect(kinds(frames) == [.headers, .data])
    #expect(frames[1].payload == Array(0..<10))
    try server.receive(.windowUpdate(1, 15))
    frames = try server.frames()
    #expect(frames.first?.payload == Array(10..<25))
    #expect(frames.last?.fields == [HeaderField("grpc-status", "0")])
    #expect(frames.last?.isEndStream == true)
    #expect(stream.closes == [.ended])
  }

  @Test(arguments: [true, false])
  func `sendTrailers needs no window and drops the stream's remaining output`(hasEnded: Bool) throws {
    try server.receive(.settings([(4, 10)]), .headers(1, grpcRequest("/s/m"), endStream: hasEnded))
    let stream = server.streams[0]
    stream.output = Array(0..<25)
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    _ = try server.frames()
    try server.session.sendTrailers(stream, ["grpc-status": "4"])
    let frames = try server.frames()
    #expect(frames.first?["grpc-status"] == "4")
    #expect(kinds(frames) == (hasEnded ? [.headers] : [.headers, .reset]))
    #expect(stream.closes == [.ended])
    try server.receive(.windowUpdate(1, 100))
    #expect(try server.frames() == [])
  }

  @Test func `sendTrailers right after the head keeps their order`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = server.streams[0]
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    try server.session.sendTrailers(stream, ["grpc-status": "0"])
    let frames = try server.frames()
    #expect(frames.map { $0.fields.map(\.name) } == [[":status"], ["grpc-status"]])
    #expect(stream.closes == [.ended])
  }

  @Test func `without output the stream waits for resumeOutput`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = server.streams[0]
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    #expect(kinds(try server.frames()) == [.headers])
    stream.output = [1]
    #expect(try server.frames() == [])
    server.session.resumeOutput(stream)
    #expect(try server.frames() == [.data(1, [1])])
    server.session.resumeOutput(stream)
    server.session.resumeOutput(stream)
    #expect(try server.frames() == [])
  }

  @Test func `no bytes and trailers make no DATA frame`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = server.streams[0]
    stream.end = .trailers(["grpc-status": "5"])
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    let frames = try server.frames()
    #expect(kinds(frames).filter { $0 == .headers }.count == 2)
    #expect(frames.allSatisfy { $0.kind == .headers || ($0.kind == .data && $0.payload.isEmpty && !$0.isEndStream) })
    #expect(frames.last?.isEndStream == true)
    #expect(stream.closes == [.ended])
  }

  @Test func `frames are no larger than the peer accepts`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = server.streams[0]
    stream.output = Array(repeating: 1, count: 50_000)
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    let data = try server.frames().filter { $0.kind == .data }
    #expect(data.map(\.payload.count).max() == 16_384)
    #expect(data.flatMap(\.payload).count == 50_000)
  }

  @Test func `writePending stops soon after its limit and continues there`() throws {
    try server.receive(.settings([(4, 1 << 20)]), .windowUpdate(0, 1 << 24))
    for id in stride(from: 1, to: 21, by: 2) {
      try server.receive(.headers(UInt32(id), grpcRequest("/s/m"), endStream: true))
    }
    for stream in server.streams {
      stream.output = Array(repeating: UInt8(stream.id), count: 200_000)
      stream.end = .trailers(["grpc-status": "0"])
      try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    }
    var total = 0
    var isDone = false
    for _ in 0..<1_000 where !isDone {
      var buffer = ByteBuffer()
      isDone = try server.session.writePending(into: &buffer, limitBytes: 30_000)
      #expect(buffer.readableBytes <= 30_000 + 16_384 + 9)
      total += buffer.readableBytes
    }
    #expect(isDone)
    #expect(total > 10 * 200_000)
    #expect(server.streams.allSatisfy { $0.closes == [.ended] })
  }
}
