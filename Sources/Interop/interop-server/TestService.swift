// The service of the test clients: each request determines its response.
import Foundation
import Freshet
import GRPCTestingStubs
import InteropSupport
import ORCAStubs

struct TestService: Grpc_Testing_TestService.Service {
  /// Reported by `LoadReportService`.
  let load: ServerLoad
  private let clock = StampClock()

  init(load: ServerLoad) { self.load = load }

  func emptyCall(_ request: Grpc_Testing_Empty, context: ServerContext) async throws -> Grpc_Testing_Empty {
    Grpc_Testing_Empty()
  }

  func unaryCall(
    _ request: Grpc_Testing_SimpleRequest, context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    if request.hasExpectCompressed { try context.expectCompressed(request.expectCompressed.value) }
    if request.hasOrcaPerQueryReport { try context.reportLoad(.init(request.orcaPerQueryReport)) }
    try request.responseStatus.throwUnlessOK()
    if request.responseCompressed.value { context.responseCompression = .gzip }
    return try .with { $0.payload = try .answer(bytes: request.responseSize) }
  }

  func cacheableUnaryCall(
    _ request: Grpc_Testing_SimpleRequest, context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    context.responseMetadata.add("max-age=60, public", for: "cache-control")
    return .with { $0.payload.body = Data("\(clock.next())".utf8) }
  }

  func streamingOutputCall(
    _ request: Grpc_Testing_StreamingOutputCallRequest, context: ServerContext
  ) -> MessageStream<Grpc_Testing_StreamingOutputCallResponse> {
    MessageStream { yield in
      try await answer(request, context, yield)
    }
  }

  func streamingInputCall(
    _ requests: RequestStream<Grpc_Testing_StreamingInputCallRequest>, context: ServerContext
  ) async throws -> Grpc_Testing_StreamingInputCallResponse {
    var size: Int32 = 0
    for try await request in requests {
      if request.hasExpectCompressed { try context.expectCompressed(request.expectCompressed.value) }
      size &+= Int32(request.payload.body.count)
    }
    return .with { $0.aggregatedPayloadSize = size }
  }

  func fullDuplexCall(
    _ requests: RequestStream<Grpc_Testing_StreamingOutputCallRequest>, context: ServerContext
  ) -> MessageStream<Grpc_Testing_StreamingOutputCallResponse> {
    MessageStream { yield in
      for try await request in requests {
        try await answer(request, context, yield)
      }
    }
  }

  func halfDuplexCall(
    _ requests: RequestStream<Grpc_Testing_StreamingOutputCallRequest>, context: ServerContext
  ) -> MessageStream<Grpc_Testing_StreamingOutputCallResponse> {
    MessageStream { yield in
      for request in try await requests.collected(upTo: 1_000) {
        try await answer(request, context, yield)
      }
    }
  }

  func unimplementedCall(_ request: Grpc_Testing_Empty, context: ServerContext) async throws -> Grpc_Testing_Empty {
    throw RPCError(code: .unimplemented, message: "\(context.method) is here to be missing")
  }

  /// Yields a response for each of the request's parameters.
  private func answer(
    _ request: Grpc_Testing_StreamingOutputCallRequest, _ context: ServerContext,
    _ yield: Yield<Grpc_Testing_StreamingOutputCallResponse>
  ) async throws {
    if request.hasOrcaOobReport { load.report = .init(request.orcaOobReport) }
    try request.responseStatus.throwUnlessOK()
    // Announced before the first response; each response then decides whether to use it.
    if request.responseParameters.contains(where: \.compressed.value) { context.responseCompression = .gzip }
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 { try await Task.sleep(for: .microseconds(parameters.intervalUs)) }
      context.compressesResponses = parameters.compressed.value
      try await yield(
        .with {
          $0.payload = try .answer(bytes: parameters.size)
          if parameters.fillPeerSocketAddress.value { $0.peerSocketAddress = context.peer }
        })
    }
  }
}
