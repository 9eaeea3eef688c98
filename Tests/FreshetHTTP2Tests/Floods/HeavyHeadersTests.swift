// Header blocks that are expensive to decode: bounded for a client that does nothing else, free for one that gets
// responses.
import FreshetHTTP
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct HeavyHeadersTests {
  /// A request whose list has this many bytes of short fields, each of which HPACK's table makes a byte.
  private func many(_ id: UInt32, listBytes: Int) -> Frame {
    let count = (listBytes - 500) / 60  // accept-encoding: gzip, deflate, by its index in the static table
    return Frame(
      .headers, flags: Frame.endHeaders | Frame.endStream, streamID: id,
      payload: Frame.block(grpcRequest("/s/m")) + [UInt8](repeating: 0x80 | 16, count: count))
  }

  /// How many requests are tolerated, at most 5,000.
  private func borne(_ server: Endpoint, _ frame: (UInt32) -> Frame, _ answer: (RecordingStream) throws -> Void) throws
    -> Int
  {
    for index in 0..<5_000 {
      let request = frame(UInt32(2 * index + 1))
      do { try server.receive(request) } catch { return index }
      if let stream = server.streams.last { do { try answer(stream) } catch { return index } }
      if try server.frames().contains(where: { $0.kind == .goaway }) { return index }
    }
    return 5_000
  }

  @Test(arguments: [
    (0, 0), (6_144, 0), (6_655, 0), (6_656, 1), (8_192, 4), (16_384, 20), (262_144, 500),
  ])
  func `a list costs a token for each 512 bytes beyond 6 KiB`(_ bytes: Int, _ tokens: Int) {
    #expect(HTTP2Session.tokens(ofListBytes: bytes) == tokens)
  }

  @Test func `a client that sends 16 KiB of short fields in each request, which is refused, is bounded`() throws {
    let server = try Endpoint.readyServer()
    let count = try borne(server, { many($0, listBytes: 16_000) }) {
      try server.session.submitResponse($0, [":status": "200", "grpc-status": "12"], endStream: true)
    }
    #expect((1_000..<1_400).contains(count), "\(count)")  // 18 each, of which its response earns 10
    #expect(server.session.burdens[.heavyHeaders] == count)
    #expect(server.session.state.floods.flood?.0 == .heavyHeaders)
  }

  @Test func `a client that cancels requests with 16 KiB of fields is bounded sooner`() throws {
    let server = try Endpoint.readyServer()
    let count = try borne(server, { many($0, listBytes: 16_000) }) {
      try server.receive(.reset(UInt32($0.id), code: 8))
      try server.receive(.windowUpdate(0, 1))
    }
    #expect((400..<600).contains(count), "\(count)")
  }

  @Test func `a client with 8 KiB of tokens and cookies in each answered request is never affected`() throws {
    let server = try Endpoint.readyServer()
    let metadata = [
      ("authorization", "Bearer " + String(repeating: "x", count: 4_000)),
      ("cookie", String(repeating: "y", count: 3_500)),
    ]
    let count = try borne(server, { .headers($0, grpcRequest("/s/m", metadata), endStream: true) }) {
      try server.session.submitResponse($0, [":status": "200", "grpc-status": "12"], endStream: true)
    }
    #expect(count == 5_000)
    #expect(server.burdens == [])
  }

  @Test func `lists beyond the limit cost their whole size`() throws {
    let server = try Endpoint.readyServer()
    let count = try borne(server, { many($0, listBytes: 200_000) }) {
      try server.session.submitResponse($0, [":status": "200", "grpc-status": "8"], endStream: true)
    }
    #expect((20..<40).contains(count), "\(count)")
  }

  @Test func `a block that breaks a rule at its end costs its whole size`() throws {
    let server = try Endpoint.readyServer()
    let count = try borne(
      server,
      { id in
        var frame = many(id, listBytes: 200_000)
        frame.payload += Frame.block([("connection", "close")])
        return frame
      }
    ) { _ in }
    #expect((20..<40).contains(count), "\(count)")
    #expect(server.session.burdens[.brokenStreams] >= count)
  }

  @Test func `the rest of a block after its fault costs, too`() throws {
    let server = try Endpoint.readyServer()
    let block = Frame.block(grpcRequest("/s/m", [("connection", "close")])) + [UInt8](repeating: 0x90, count: 100_000)
    let count = try borne(server, { Frame(.headers, flags: Frame.endHeaders, streamID: $0, payload: block) }) { _ in }
    #expect((10..<15).contains(count), "\(count)")  // 780 for the ignored part, 10 for the stream
  }
}
