// Our client against a deliberately misbehaving server: gRPC's negative HTTP/2 cases, over hyper-h2.
import Freshet
import GRPCTestingStubs
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurClientNegativeTests {
    private typealias Client = Grpc_Testing_TestService.Client

    private static let responseBytes = 314_159

    /// Runs one case with its own server.
    private func negative(
      _ misbehaviour: Misbehaviour, responseBytes: Int = Self.responseBytes,
      _ body: @escaping @Sendable (Client, MisbehavingServer) async throws -> Void
    ) async throws {
      try await interop("negative: \(misbehaviour.rawValue)", .client, .h2c) { _ in
        let server = try await MisbehavingServer.start(misbehaviour, responseBytes: responseBytes)
        do {
          try await withChannel(RPCChannel(server.target)) { channel in try await body(Client(channel), server) }
        } catch {
          try? await server.process.stop()
          throw error
        }
        try await server.process.stop()
      }
    }

    /// The official large unary call.
    private static func call(_ client: Client) async throws(RPCError) -> Int {
      var request = Grpc_Testing_SimpleRequest()
      request.responseSize = Int32(responseBytes)
      request.payload.body.append(contentsOf: [UInt8](repeating: 0, count: 271_828))
      let options = CallOptions(timeout: .seconds(120))
      return try await client.unaryCall(request, options: options).payload.body.count
    }

    @Test func `C6: after GOAWAY the next call is made on a new connection`() async throws {
      try await negative(.goaway) { client, server in
        for number in 1...3 {
          let count = try await Self.call(client)
          #expect(count == Self.responseBytes)
          try await server.process.line("request \(number)") { $0.event == "request" && $0.connection == number }
        }
      }
    }

    @Test(
      arguments: [Misbehaviour.rstAfterHeader, .rstDuringData, .rstAfterData])
    func `C3: a reset after the headers, within or after the data fails the call`(
      _ misbehaviour: Misbehaviour
    ) async throws {
      try await negative(misbehaviour) { client, _ in
        for _ in 0..<3 {
          do {
            let count = try await Self.call(client)
            Issue.record("a response of \(count) bytes came, but no status")
          } catch let error as RPCError {
            #expect(error.code == .internal, "\(error)")
          }
        }
      }
    }

    @Test func `Every PING is acknowledged during a call`() async throws {
      try await negative(.ping) { client, server in
        for _ in 0..<2 {
          let count = try await Self.call(client)
          #expect(count == Self.responseBytes)
          let pings = try await server.process.line("all PINGs answered") { $0.event == "pings" }
          #expect(pings.pings ?? 0 > 30)
        }
      }
    }

    @Test func `C14: ten calls at once all succeed where one stream is allowed`() async throws {
      try await negative(.maxStreams) { client, server in
        _ = try await Self.call(client)  // now the limit is known
        try await withThrowingTaskGroup { group in
          for _ in 0..<10 { group.addTask { try await Self.call(client) } }
          for try await count in group { #expect(count == Self.responseBytes) }
        }
        #expect(server.requests.count == 11)
        #expect(server.requests.allSatisfy { $0.connection == 1 && $0.most_open == 1 })
      }
    }

    @Test func `S7: a response in DATA frames of five bytes and 255 of padding is reassembled`() async throws {
      try await negative(.dataFramePadding, responseBytes: 50_000) { client, _ in
        let count = try await Self.call(client)
        #expect(count == 50_000)
      }
    }
  }
}
