// A server's session with hand-written frames.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct HTTP2SessionServerTests {
  private let server: Endpoint

  init() throws { server = try Endpoint.readyServer() }

  // MARK: Not HTTP/2

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "an HTTP/1 request: “GET / HTTP/1.1”"),
    ("\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}", "a TLS handshake on a plaintext port"),
    ("SSH-2.0-OpenSSH_9.2\r\n", "“SSH-2.0-OpenSSH_9.2”"),
    ("\u{01}\u{02}\u{03}\u{04}", "bytes 01 02 03 04"),
    ("PRI * HTTP/1.1\r\n\r\nXM\r\n\r\n", "an HTTP/1 request"),
  ])
  func `a bad preface is described`(text: String, expected: String) throws {
    let server = try Endpoint(.server)
    let error = #expect(throws: HTTP2Error.self) { try server.receive(Array(text.utf8)) }
    #expect(error?.kind == (text.contains("HTTP/1") ? .http1Request : .badPreface))
    #expect(error?.message.contains(expected) == true, "\(String(describing: error?.message))")
  }

  @Test func `a preface that arrives byte by byte is accepted`() throws {
    let server = try Endpoint(.server)
    for byte in Frame.preface + Frame.settings().bytes { try server.receive([byte]) }
    #expect(server.settingsCount == 1)
  }

  @Test func `a connection that does not begin with SETTINGS is ended with a GOAWAY`() throws {
    let server = try Endpoint(.server)
    try? server.receive(Frame.preface + Frame.ping(1).bytes)
    let goaway = try #require(try server.frames().last)
    #expect(goaway.kind == .goaway)
    #expect(goaway.number(at: 4) == ErrorCode.protocolError.rawValue)
    #expect(server.session.isFinished)
    #expect(server.session.peerViolation?.kind == .violation(.protocolError))
  }

  @Test(arguments: 0..<64)
  func `garbage ends the session with an error, never with a crash`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let server = try Endpoint.readyServer()
    for _ in 0..<50 {
      let count = Int.random(in: 1...40, using: &random)
      do {
        try server.receive((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
      } catch { return }
      _ = try? server.output()
      if server.session.isFinished { return }
    }
  }

  @Test(arguments: 0..<200)
  func `random frames on random streams end streams or the session, never the process`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let server = try Endpoint.readyServer()
    for _ in 0..<200 {
      let id = UInt32.random(in: 0...9, using: &random)
      let request = grpcRequest("/s/m")
      let frame: Frame =
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1, 2: .headers(id | 1, request, endStream: Bool.random(using: &random))
        case 3, 4:
          .data(
            id, Array(repeating: 1, count: Int.random(in: 0...50, using: &random)),
            endStream: Bool.random(using: &random))
        case 5: .reset(id, code: UInt32.random(in: 0...20, using: &random))
        case 6: .windowUpdate(id, UInt32.random(in: 0...3, using: &random))
        case 7: .ping(3, isAck: Bool.random(using: &random))
        case 8: .settings([(UInt16.random(in: 0...8, using: &random), UInt32.random(in: 0...70_000, using: &random))])
        case 9: .headers(id | 1, [("grpc-x", "late trailers")], endStream: true)
        case 10: .goaway(last: 0)
        default:
          Frame(
            type: UInt8.random(in: 0...20, using: &random), flags: UInt8.random(in: 0...255, using: &random),
            streamID: id, payload: [1, 2, 3, 4, 5])
        }
      do { try server.receive(frame) } catch { break }
      for stream in server.streams where stream.closes.isEmpty {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: try? server.session.submitResponse(stream, [":status": "200"], endStream: Bool.random(using: &random))
        case 1: server.session.reset(stream, .cancel)
        case 2: server.session.giveBack(100, to: stream)
        case 3:
          stream.end = .trailers(["grpc-status": "0"])
          server.session.resumeOutput(stream)
        default: break
        }
      }
      do { _ = try server.output() } catch { break }
    }
    for stream in server.streams { #expect(stream.closes.count <= 1) }
  }

  // MARK: Headers

  @Test func `S3: a connection header makes the request malformed`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m", [("connection", "close")])))
    let frames = try server.frames()
    #expect(frames.contains(.reset(1, code: ErrorCode.protocolError.rawValue)))
    #expect(server.streams.first?.closes == [.resetByUs(.protocolError)])
  }

  @Test func `S8: a value with non-ASCII bytes is received`() throws {
    let block = Frame.block(grpcRequest("/s/m")) + Frame.block(raw: [("x-wide", [0x61, 0xff, 0xc3, 0xa9])])
    try server.receive(Frame(.headers, flags: Frame.endHeaders, streamID: 1, payload: block))
    guard case .headers(let texts, false, false)? = server.streams.first?.events.first else {
      Issue.record("no headers: \(server.streams.first?.events ?? [])")
      return
    }
    #expect(texts.last?.hasPrefix("x-wide: a") == true)
  }

  @Test func `S8: a value with surrounding whitespace is received`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m", [("x", "  y ")])))
    guard case .headers(let texts, _, _)? = server.streams.first?.events.first else {
      Issue.record("no headers")
      return
    }
    #expect(texts.last == "x:   y ")
  }

  @Test func `a rejected header value appears in no later error`() throws {
    let secret = Array("Bearer hunter2\n".utf8)
    let block = Frame.block(grpcRequest("/s/m")) + Frame.block(raw: [("authorization", secret)])
    try server.receive(Frame(.headers, flags: Frame.endHeaders, streamID: 1, payload: block))
    #expect(try server.frames() == [.reset(1, code: ErrorCode.protocolError.rawValue)])
    #expect(server.session.state.complaint == "")
    let error = #expect(throws: HTTP2Error.self) {
      try server.receive(Frame(.data, streamID: 5, payload: [1]))  // of a stream that was never opened
      _ = try server.frames()
      throw try #require(server.session.peerViolation)
    }
    #expect(error?.message.contains("hunter2") == false && error?.message.contains("authorization") == false)
    #expect(error?.kind == .violation(.protocolError))
  }

  @Test func `a value with a control character only resets its stream`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m", [("x", "a\u{01}b"), ("y", "z")])))
    #expect(try server.frames() == [.reset(1, code: ErrorCode.protocolError.rawValue)])
    #expect(server.streams.first?.events == [.close(.resetByUs(.protocolError))])
    try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.count == 2)
  }

  @Test func `S9: a header list over the limit is truncated, and the connection stays open`() throws {
    let server = try Endpoint.readyServer(settings { $0.maxHeaderListBytes = 1_000 })
    try server.receive(
      .headers(1, grpcRequest("/s/m", [("x", String(repeating: "v", count: 2_000)), ("y", "z")]), endStream: true))
    guard case .headers(let texts, let isTruncated, let endStream)? = server.streams.first?.events.first else {
      Issue.record("no headers")
      return
    }
    #expect(isTruncated)
    #expect(endStream)
    #expect(!texts.contains("y: z"))
    #expect(texts.first == ":method: POST")
    try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.count == 2)
    guard case .headers(_, false, _)? = server.streams[1].events.first else {
      Issue.record("the next call is truncated too: \(server.streams[1].events)")
      return
    }
  }

  @Test func `S9: name and value and 32 count; exactly the limit is accepted, one byte more is not`() throws {
    let request = grpcRequest("/s/m")
    let bytes = request.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
    for (limit, isOver) in [(bytes, false), (bytes - 1, true)] {
      let server = try Endpoint.readyServer(settings { $0.maxHeaderListBytes = UInt32(limit) })
      try server.receive(.headers(1, request))
      guard case .headers(_, let isTruncated, _)? = server.streams.first?.events.first else {
        Issue.record("no headers")
        continue
      }
      #expect(isTruncated == isOver)
    }
  }

  @Test func `S9: 60 KiB of headers in several frames are truncated, and the connection stays open`() throws {
    let many = (0..<60).map { ("x-\($0)", String(repeating: "v", count: 1_000)) }
    for frame in Frame.longHeaders(1, grpcRequest("/s/m", many), endStream: true) { try server.receive(frame) }
    guard case .headers(_, true, true)? = server.streams.first?.events.first else {
      Issue.record("\(server.streams.first?.events ?? []) \(try server.frames())")
      return
    }
    try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.count == 2)
  }

  @Test func `S9: the limit of the header list is announced`() throws {
    let server = try Endpoint(.server)
    let announced = try #require(try server.frames().first)
    #expect(announced.kind == .settings)
    let entries = stride(from: 0, to: announced.payload.count, by: 6).map {
      (announced.payload[$0 + 1], announced.number(at: $0 + 2))
    }
    #expect(entries.contains { $0 == (6, 16_384) })
    #expect(entries.contains { $0 == (3, 1_000) })
    #expect(!entries.contains { $0.0 == 4 })  // a stream's initial window is the protocol's default
  }

  @Test func `an endless header block is cut off with an error`() throws {
    try server.receive(Frame(.headers, flags: 0, streamID: 1, payload: Frame.block(grpcRequest("/s/m"))))
    var ended = false
    for _ in 0..<100_000 {
      do {
        try server.receive(Frame(.continuation, streamID: 1, payload: Frame.block([("x", "y")])))
        _ = try server.output()
      } catch {
        ended = true
        break
      }
      if server.session.isFinished {
        ended = true
        break
      }
    }
    #expect(ended)
  }

  @Test func `a client's trailers are reported with END_STREAM`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")), .headers(1, [("x", "y")], endStream: true))
    #expect(
      server.streams[0].events.suffix(2) == [.headers(["x: y"], isTruncated: false, endStream: true), .endStream])
  }

  @Test func `a request with a lower identifier than the last is not a new stream`() throws {
    try server.receive(.headers(5, grpcRequest("/s/m"), endStream: true))
    try? server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    _ = try? server.output()
    #expect(server.streams.count == 1)
  }

  // MARK: Ends

  @Test func `S12: trailers before the client's END_STREAM are followed by RST_STREAM(NO_ERROR)`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    let stream = server.streams[0]
    stream.output = [9]
    stream.end = .trailers(["grpc-status": "0"])
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    let frames = try server.frames()
    #expect(kinds(frames) == [.headers, .data, .headers, .reset])
    #expect(frames[3].number() == 0)
    #expect(stream.closes == [.ended])
  }

  @Test func `S12: a response of headers alone before END_STREAM is followed by RST_STREAM(NO_ERROR)`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    try server.session.submitResponse(server.streams[0], [":status": "200", "grpc-status": "12"], endStream: true)
    let frames = try server.frames()
    #expect(kinds(frames) == [.headers, .reset])
    #expect(frames[1].number() == 0)
  }

  @Test func `S12: no RST_STREAM follows when the client has ended its side`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    try server.session.submitResponse(server.streams[0], [":status": "200", "grpc-status": "12"], endStream: true)
    #expect(kinds(try server.frames()) == [.headers])
    #expect(server.streams[0].closes == [.ended])
  }

  @Test(arguments: [0, 1, 2, 5, 7, 8, 11, 13, 14, 0xffff_ffff] as [UInt32])
  func `a reset by the peer keeps its code, known or not`(code: UInt32) throws {
    try server.receive(.headers(1, grpcRequest("/s/m")), .reset(1, code: code))
    #expect(server.streams[0].closes == [.resetByPeer(ErrorCode(rawValue: code))])
    #expect(server.streams[0].state.isClosed)
  }

  @Test func `a reset of a stream that was never opened ends the connection`() throws {
    try? server.receive(.reset(7, code: 8))
    #expect(try server.frames().last?.kind == .goaway)
  }

  @Test func `after our final GOAWAY a new stream is not reported`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    server.session.submitGoaway(.noError)
    let goaway = try #require(try server.frames().last)
    #expect(goaway.kind == .goaway)
    #expect(goaway.number() == 1)
    try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
    _ = try server.frames()
    #expect(server.streams.count == 1)
  }

  /// Like nghttpx 1.52 when a GOAWAY arrives while it has an unsent request for the connection.
  @Test func `S15: a peer that resets a stream it never opened has broken HTTP/2, even during the drain`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")))
    server.session.submitGoaway(.noError)
    _ = try server.frames()
    try server.receive(.reset(3, code: ErrorCode.internalError.rawValue))
    let goaway = try #require(try server.frames().last)
    #expect(goaway.kind == .goaway && goaway.number(at: 4) == ErrorCode.protocolError.rawValue)
    #expect(server.session.peerViolation?.kind == .violation(.protocolError))
    #expect(server.session.isFinished)
  }

  @Test func `the shutdown notice names 2³¹−1 and still accepts streams`() throws {
    server.session.submitShutdownNotice(thenPing: 7)
    let frames = try server.frames()
    #expect(frames.first?.number() == 0x7fff_ffff)
    #expect(kinds(frames) == [.goaway, .ping])  // nghttp2 by itself would send the PING first
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.count == 1)
  }

  @Test func `S15: a client that has sent GOAWAY gets the final GOAWAY without a notice`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true), .goaway(last: 0))
    server.session.submitShutdownNotice(thenPing: 7)
    let frames = try server.frames()
    #expect(kinds(frames) == [.goaway])
    #expect(frames.first?.number() == 1)
  }

  @Test func `streams beyond a limit that the client may not know yet are refused one by one`() throws {
    let server = try Endpoint(.server, settings { $0.maxConcurrentStreams = 2 })
    _ = try server.frames()
    try server.receive(Frame.preface + Frame.settings().bytes)
    for id in [1, 3, 5] as [UInt32] { try server.receive(.headers(id, grpcRequest("/s/m"))) }
    let frames = try server.frames()
    #expect(server.streams.filter { $0.closes.isEmpty }.count == 2)
    #expect(frames.contains(.reset(5, code: ErrorCode.refusedStream.rawValue)))
    #expect(!frames.contains { $0.kind == .goaway })
  }

  /// RFC 9113 §5.1.2 asks for a stream error; nghttp2 ends the connection of a client that breaks an acknowledged
  /// limit.
  @Test func `streams beyond an acknowledged limit end the connection with PROTOCOL_ERROR`() throws {
    let server = try Endpoint.readyServer(settings { $0.maxConcurrentStreams = 2 })
    for id in [1, 3, 5] as [UInt32] { try? server.receive(.headers(id, grpcRequest("/s/m"))) }
    let goaway = try server.frames().last
    #expect(goaway?.kind == .goaway)
    #expect(goaway?.number(at: 4) == ErrorCode.protocolError.rawValue)
  }

  // MARK: Floods

  private func flood(_ frame: Frame) throws -> HTTP2Error? {
    for _ in 0..<20_000 {
      do throws(HTTP2Error) { try server.receive(frame.bytes) } catch { return error }
    }
    return nil
  }

  @Test func `a flood of PINGs whose answers are not read ends the session`() throws {
    #expect(try flood(.ping(1))?.kind == .flooded)
  }

  @Test func `a flood of SETTINGS whose answers are not read ends the session`() throws {
    #expect(try flood(.settings([(4, 65_535)]))?.kind == .flooded)
  }

  @Test func `PINGs whose answers are read are always answered`() throws {
    for number in 0..<5_000 as Range<UInt64> {
      try server.receive(.ping(number))
      #expect(try server.frames() == [.ping(number, isAck: true)])
    }
  }

  @Test func `a flood of immediately reset streams ends the session`() throws {
    var ended = false
    for index in 0..<20_000 {
      let id = UInt32(2 * index + 1)
      do { try server.receive(.headers(id, grpcRequest("/s/m")), .reset(id, code: 8)) } catch {
        ended = true
        break
      }
      _ = try? server.output()
      if server.session.isFinished {
        ended = true
        break
      }
    }
    #expect(ended)
  }
}
