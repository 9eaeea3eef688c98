// A server checked against HTTP/2's rules, frame by frame, by a browser-like client.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct HTTP2CasesTests {
  private let echo = BytesService(unary: { request, _ in request })

  @Test(arguments: HTTP2Case.all)
  func `the client's frames have the outcome of RFC 9113 and RFC 7541`(_ aCase: HTTP2Case) async throws {
    var configuration = ServerConfiguration()
    configuration.connection.lingerTimeout = .seconds(50)  // a busy machine may need long for a thousand streams
    try await withPeer(echo, configuration: configuration, settings: aCase.settings) { peer, _ async throws in
      try await aCase.play(on: peer)
    }
  }

  // MARK: Requests that are not gRPC

  private func request(_ method: String) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "x")]
  }

  @Test func `S18: a response says what the server is, but not to HEAD`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(.headers(1, request("GET"), endStream: true))
      let answer = try await peer.response(on: 1)
      #expect(answer[0]["content-type"] == "text/plain; charset=utf-8" && answer[0]["allow"] == "POST")
      #expect(String(decoding: answer[1].payload, as: UTF8.self).contains("application/grpc"))
      peer.send(.headers(3, request("HEAD"), endStream: true))
      #expect(try await peer.response(on: 3).map(\.kind) == [.headers])
    }
  }

  @Test func `S18: an unfinished request is answered at once, and reset with NO_ERROR after its time`()
    async throws
  {
    var configuration = ServerConfiguration()
    configuration.connection.lingerTimeout = .milliseconds(500)
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      peer.send(.headers(1, request("POST")))
      #expect(try await peer.response(on: 1).first?[":status"] == "415")
      #expect(try await peer.next(.reset, on: 1).number() == 0)
      peer.send(.data(1, [1]))  // it was in flight
      try await peer.roundTrip()
    }
  }

  @Test func `S18: a client that does not read the response does not keep the stream longer`() async throws {
    var configuration = ServerConfiguration()
    configuration.connection.lingerTimeout = .milliseconds(50)
    try await withPeer(echo, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      peer.send(.headers(1, request("GET"), endStream: true))
      #expect(try await peer.next(.reset, on: 1).number() == 0)
    }
  }

  @Test func `the rest of an answered request is dropped, and its window is not returned`() async throws {
    var configuration = ServerConfiguration()
    configuration.connection.http2.streamWindowBytes = 65_535
    configuration.connection.lingerTimeout = .seconds(50)
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      peer.send(.headers(1, request("POST")))
      _ = try await peer.response(on: 1)
      for _ in 0..<3 { peer.send(.data(1, [UInt8](repeating: 1, count: 16_384))) }
      #expect(try await !peer.roundTrip().contains { $0.kind == .windowUpdate && $0.streamID == 1 })
      peer.send(.data(1, [1], endStream: true))
      #expect(try await !peer.roundTrip().contains { $0.kind == .reset })
      #expect(try await peer.call("/test.Bytes/Unary", 3, [[1]]).last?["grpc-status"] == "0")
    }
  }
}
