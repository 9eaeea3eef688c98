// Calls with one response.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetStreams
import SwiftProtobuf

extension DescribedCall {
  func unary<Request: SwiftProtobuf.Message, Response: PayloadCarrier>(
    _ method: MethodDescriptor<Request, Response>, on channel: RPCChannel
  ) async throws -> ClientResponseResult {
    let message = try onlyMessage(Request.self)
    try await waitBeforeRequest()
    let sent = Latest(false)
    sent.set(true)
    return try await cancelling(after: sent) {
      try await channel.unary(method, message, options: options)
    }
  }

  func clientStream<Request: SwiftProtobuf.Message, Response: PayloadCarrier>(
    _ method: MethodDescriptor<Request, Response>, on channel: RPCChannel
  ) async throws -> ClientResponseResult {
    let messages = try messages(Request.self)
    let sent = Latest(false)
    let count = SentCount()
    let requests = AsyncGenerator { yield in
      for message in messages {
        try await waitBeforeRequest()
        try await yield(message)
        count.add()
      }
      sent.set(true)
      // Instead of closing this side: the cancellation ends this wait.
      if case .beforeCloseSend = request.cancel.cancelTiming { try await Task.sleep(for: .seconds(3600)) }
    }
    var result = try await cancelling(after: sent) {
      try await channel.clientStreaming(method, requests, options: options)
    }
    result.numUnsentRequests = Int32(messages.count - count.value)
    return result
  }

  /// Runs a call in a task of its own, which is cancelled, if the runner wants it, this long after everything was sent.
  private func cancelling<Response: PayloadCarrier>(
    after sent: Latest<Bool>, _ call: @escaping @Sendable () async throws -> Freshet.Response<Response>
  ) async throws -> ClientResponseResult {
    let running = Task {
      do { return ClientResponseResult(try await call()) } catch let error as RPCError {
        return ClientResponseResult(error)
      }
    }
    let cancelling = Task {
      guard request.hasCancel else { return }
      _ = await sent.values.first { $0 }
      try await Task.sleep(for: .milliseconds(request.cancel.afterCloseSendMs))
      running.cancel()
    }
    let result = await running.result
    cancelling.cancel()
    _ = await cancelling.result
    return try result.get()
  }
}

extension ClientResponseResult {
  fileprivate init<Response: PayloadCarrier>(_ response: Freshet.Response<Response>) {
    self.init()
    responseHeaders = response.metadata.headers
    payloads = [response.message.payload]
    responseTrailers = response.trailers.headers
  }

  fileprivate init(_ failure: RPCError) {
    self.init()
    responseHeaders = failure.initialMetadata.headers
    error = ErrorDefinition(failure)
    responseTrailers = failure.metadata.headers
  }
}
