// The service of all peers: each method does as little as possible.
import BenchMessages
import Foundation
import Freshet

struct BenchService: Bench_V1_Bench.Service {
  func unary(_ request: Bench_V1_Req, context: ServerContext) async throws -> Bench_V1_Payload {
    .with { $0.body = request.body.isEmpty ? Data(count: Int(request.responseSize)) : request.body }
  }

  func serverStream(_ request: Bench_V1_Req, context: ServerContext) -> MessageStream<Bench_V1_Payload> {
    let payload = Bench_V1_Payload.with { $0.body = Data(count: Int(request.responseSize)) }
    return MessageStream { yield in
      for _ in 0..<request.count { try await yield(payload) }
    }
  }

  func clientStream(
    _ requests: RequestStream<Bench_V1_Payload>, context: ServerContext
  ) async throws -> Bench_V1_Payload {
    for try await _ in requests {}
    return Bench_V1_Payload()
  }

  func bidi(
    _ requests: RequestStream<Bench_V1_Payload>, context: ServerContext
  ) -> MessageStream<Bench_V1_Payload> {
    MessageStream(requests)
  }
}
