// Many calls by the client under test.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct ManyCallsTests {
    private func request(_ name: String, to port: Int) throws -> ClientCompatRequest {
      try .with {
        ($0.testName, $0.host, $0.port) = (name, "127.0.0.1", UInt32(port))
        ($0.protocol, $0.httpVersion, $0.codec) = (.grpc, .httpVersion2, .proto)
        ($0.service, $0.method, $0.streamType) = ("connectrpc.conformance.v1.ConformanceService", "Unary", .unary)
        $0.requestMessages = [try .init(message: UnaryRequest())]
      }
    }

    @Test func `a deadline starts when the connection is established`() async throws {
      let listener = LoopbackListener()
      let client = try RunnerProcess<ClientCompatResponse>("conformance-client")
      var request = try request("slow handshake", to: listener.port)
      request.timeoutMs = 90_000
      try await client.send(request)
      let peer = try await FramePeer.on(socket: try await listener.accept(), peerIsClient: true)
      _ = try await peer.next(.settings)
      peer.send(.settings([]), .settingsAck)
      let headers = try await peer.next(.headers)
      #expect(headers.fields.first { $0.name == "grpc-timeout" }?.value == "90000000u")
      peer.close()
      #expect(try await client.next("the result").response.error.code == .unavailable)
      client.closeInput()
      #expect(try await client.exitStatus() == 0)
    }

    @Test func `at most sixteen calls run at once, and all get their turn`() async throws {
      let listener = LoopbackListener()
      let client = try RunnerProcess<ClientCompatResponse>("conformance-client")
      let count = 40
      for number in 0..<count { try await client.send(try request("\(number)", to: listener.port)) }
      client.closeInput()
      var open: [FramePeer] = []
      for number in 0..<count {
        if open.count == 16 {
          // The client has read all commands by now; without a limit, all calls would be in flight.
          for peer in open.suffix(number == 16 ? 16 : 1) { _ = try await peer.next(.settings) }
          #expect(!listener.hasWaitingClient)
          open.removeFirst().close()
          _ = try await client.next("a result")
        }
        open.append(try await FramePeer.on(socket: try await listener.accept(), peerIsClient: true))
      }
      for peer in open {
        peer.close()
        _ = try await client.next("a result")
      }
      #expect(try await client.exitStatus() == 0)
    }
  }
}
