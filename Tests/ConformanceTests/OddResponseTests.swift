// The client under test calls a server that sends raw frames.
import ConformanceStubs
import ConformanceSupport
import SwiftProtobuf
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct OddResponseTests {
    @Test func `the client interprets odd responses by the rules`() async throws {
      let run = try #require(ConformanceRun.current)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, odd) in OddResponse.all.enumerated() {
          if index >= 8 { try await group.next() }
          group.addTask {
            for kind in odd.kinds { try await answer(odd, kind, run) }
          }
        }
        try await group.waitForAll()
      }
    }

    private func answer(_ odd: OddResponse, _ kind: CallKind, _ run: ConformanceRun) async throws {
      let listener = LoopbackListener()
      var request = Case(odd.name, kind, nil, requests: 1).request
      Setup.h2c.complete(&request, .with { ($0.host, $0.port) = ("127.0.0.1", UInt32(listener.port)) })
      odd.change(&request)
      let call = request
      async let response = run.call(call)
      let peer = try await FramePeer.on(socket: listener.accept(), peerIsClient: true)
      peer.send(.settings(), .settingsAck)
      // A full-duplex client closes its side only after the response.
      func requests(_ stream: UInt32) async throws {
        _ = try await peer.frames { $0.streamID == stream && (kind == .fullDuplex ? $0.kind == .data : $0.isEndStream) }
      }
      try await requests(1)
      peer.send(odd.frames)
      if !odd.framesOfSecondTry.isEmpty {
        try await requests(3)
        peer.send(odd.framesOfSecondTry)
      }
      await run.record("raw server/\(call.testName)", odd.problems(try await response, kind))
      peer.close()
    }
  }
}
