// The service of all peers: each method does as little as possible.
import Foundation
import GRPCCore
import GRPCSwiftMessages
import SwiftProtobuf

struct BenchService: Bench_V1_Bench.SimpleServiceProtocol {
  func unary(request: Bench_V1_Req, context: ServerContext) async throws -> Bench_V1_Payload {
    .with { $0.body = request.body.isEmpty ? Data(count: Int(request.responseSize)) : request.body }
  }

  func serverStream(
    request: Bench_V1_Req, response: RPCWriter<Bench_V1_Payload>, context: ServerContext
  ) async throws {
    let payload = Bench_V1_Payload.with { $0.body = Data(count: Int(request.responseSize)) }
    for _ in 0..<request.count { try await response.write(payload) }
  }

  func clientStream(
    request: RPCAsyncSequence<Bench_V1_Payload, any Error>, context: ServerContext
  ) async throws -> Bench_V1_Payload {
    for try await _ in request {}
    return Bench_V1_Payload()
  }

  func bidi(
    request: RPCAsyncSequence<Bench_V1_Payload, any Error>, response: RPCWriter<Bench_V1_Payload>,
    context: ServerContext
  ) async throws {
    for try await payload in request { try await response.write(payload) }
  }
}
