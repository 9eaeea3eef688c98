// The service that follows the definitions in its requests, and reports what it saw of them.
import ConformanceStubs
import ConformanceSupport
import Freshet
import SwiftProtobuf

struct EchoingService: ConformanceService.Service {
  func unary(_ request: UnaryRequest, context: ServerContext) async throws -> UnaryResponse {
    let payload = try await answer(definition(of: request), to: [request], context)
    return .with { $0.payload = payload }
  }

  func idempotentUnary(
    _ request: IdempotentUnaryRequest, context: ServerContext
  ) async throws -> IdempotentUnaryResponse {
    let payload = try await answer(
      request.hasResponseDefinition ? request.responseDefinition : nil, to: [request], context)
    return .with { $0.payload = payload }
  }

  func clientStream(
    _ requests: RequestStream<ClientStreamRequest>, context: ServerContext
  ) async throws -> ClientStreamResponse {
    var all: [ClientStreamRequest] = []
    for try await request in requests { all.append(request) }
    let first = all.first.flatMap { $0.hasResponseDefinition ? $0.responseDefinition : nil }
    let payload = try await answer(first, to: all, context)
    return .with { $0.payload = payload }
  }

  func serverStream(
    _ request: ServerStreamRequest, context: ServerContext
  ) async throws -> MessageStream<ServerStreamResponse> {
    guard request.hasResponseDefinition else { return MessageStream { _ in } }
    // Before the sequence is returned, since the head may be sent from then on.
    var script = StreamScript(request.responseDefinition, context)
    try await script.begin()
    script.sawRequest(request)
    return MessageStream { [script] yield in
      var script = script
      while let payload = try await script.next(describingLaterRequests: false) {
        try await yield(.with { $0.payload = payload })
      }
      try script.finish()
    }
  }

  func bidiStream(
    _ requests: RequestStream<BidiStreamRequest>, context: ServerContext
  ) async throws -> MessageStream<BidiStreamResponse> {
    // The head depends on the first request, so there is no sequence before that is read.
    guard let first = try await requests.first() else { return MessageStream { _ in } }
    let begun = StreamScript(first.responseDefinition, context)
    if first.hasResponseDefinition { try await begun.begin() }
    return MessageStream { yield in
      var script = begun
      let isFullDuplex = first.fullDuplex
      var requests = requests.makeAsyncIterator(), next: BidiStreamRequest? = first
      while let request = next {
        script.sawRequest(request)
        if isFullDuplex {
          guard let payload = try await script.next(describingLaterRequests: true) else { break }
          try await yield(.with { $0.payload = payload })
        }
        next = try await requests.next()
      }
      while let payload = try await script.next(describingLaterRequests: false) {
        try await yield(.with { $0.payload = payload })
      }
      try script.finish()
    }
  }

  /// Unimplemented, as the runner expects.
  func unimplemented(_ request: UnimplementedRequest, context: ServerContext) async throws -> UnimplementedResponse {
    throw RPCError(code: .unimplemented, message: "the server has no method \(context.method)")
  }

  private func definition(of request: UnaryRequest) -> UnaryResponseDefinition? {
    request.hasResponseDefinition ? request.responseDefinition : nil
  }

  /// The payload of the single response, after its delay, or the error instead.
  private func answer(
    _ definition: UnaryResponseDefinition?, to requests: [any SwiftProtobuf.Message], _ context: ServerContext
  ) async throws -> ConformancePayload {
    context.compressAsTheClientDoes()
    let info = RequestInfo(context, requests)
    guard let definition else { return .with { $0.requestInfo = info } }
    context.responseMetadata = Metadata(definition.responseHeaders)
    context.responseTrailers = Metadata(definition.responseTrailers)
    try await Task.sleep(for: .milliseconds(definition.responseDelayMs))
    if case .error(let error) = definition.response { throw RPCError(error, describing: info) }
    return .with {
      $0.data = definition.responseData
      $0.requestInfo = info
    }
  }
}
