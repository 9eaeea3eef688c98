// A client that sends raw frames calls the server under test.
import ConformanceStubs
import ConformanceSupport
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct OddRequestTests {
    @Test func `the server answers odd requests as the rules say`() async throws {
      let run = try #require(ConformanceRun.current)
      let port = Int(try await run.server(.h2c).response.port)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, odd) in OddRequest.all.enumerated() {
          if index >= 8 { try await group.next() }
          group.addTask { try await ask(odd, port, run) }
        }
        try await group.waitForAll()
      }
    }

    private func ask(_ odd: OddRequest, _ port: Int, _ run: ConformanceRun) async throws {
      let peer = try await FramePeer.on(socket: LoopbackSocket.connected(to: port), peerIsClient: false)
      peer.send(bytes: Frame.preface + Frame.settings().bytes)
      _ = try await peer.frames { $0.kind == .settings && !$0.isAck }
      peer.send(.settingsAck)
      peer.send(odd.frames)
      var problems = odd.problems(try await response(peer, on: 1))
      // The connection survives, whatever happened to the stream.
      peer.send(.headers(3, grpcRequest(CallKind.unary.path)), .data(3, OddRequest.message, endStream: true))
      if try await response(peer, on: 3).last?["grpc-status"] != "0" {
        problems.append("the connection serves no more")
      }
      await run.record("raw client/\(odd.name)", problems)
      peer.close()
    }

    /// A stream's frames up to END_STREAM or RST_STREAM.
    private func response(_ peer: FramePeer, on id: UInt32) async throws -> [Frame] {
      var frames: [Frame] = []
      while true {
        let frame = try await peer.next()
        if frame.streamID != id || frame.kind == .windowUpdate { continue }
        frames.append(frame)
        if frame.isEndStream || frame.kind == .reset { return frames }
      }
    }
  }
}
