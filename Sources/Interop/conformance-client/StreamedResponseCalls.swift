// Calls with a stream of responses.
import ConformanceStubs
import ConformanceSupport
import Freshet
import SwiftProtobuf

extension DescribedCall {
  func serverStream<Request: SwiftProtobuf.Message, Response: PayloadCarrier>(
    _ method: MethodDescriptor<Request, Response>, on channel: RPCChannel
  ) async throws -> ClientResponseResult {
    let message = try onlyMessage(Request.self)
    try await waitBeforeRequest()
    return await inTaskOfItsOwn {
      let responses = channel.serverStreaming(method, message, options: options)
      var reading = ResponseReading(responses, request.cancel, isCancelled: request.hasCancel)
      responses.start()
      await reading.closedSending()
      await reading.readRest()
      return await reading.result()
    }
  }

  func bidiStream<Request: SwiftProtobuf.Message, Response: PayloadCarrier>(
    _ method: MethodDescriptor<Request, Response>, on channel: RPCChannel
  ) async throws -> ClientResponseResult {
    let messages = try messages(Request.self)
    return await inTaskOfItsOwn {
      let call = channel.bidirectional(method, options: options)
      var reading = ResponseReading(call.responses, request.cancel, isCancelled: request.hasCancel)
      var sentCount = 0
      var unsentCount = 0
      do {
        for message in messages {
          try await waitBeforeRequest()
          try await call.send(message)
          sentCount += 1
          if request.streamType == .fullDuplexBidiStream, await !reading.readOne() { break }
        }
      } catch {
        unsentCount = messages.count - sentCount  // the call is over; reading reports how
      }
      if case .beforeCloseSend = request.cancel.cancelTiming {
        reading.cancel()
      } else {
        call.finish()
        await reading.closedSending()
      }
      await reading.readRest()
      var result = await reading.result()
      result.numUnsentRequests = Int32(unsentCount)
      return result
    }
  }

  /// The call is cancelled, not the task that waits for its result.
  private func inTaskOfItsOwn(_ call: @escaping @Sendable () async -> ClientResponseResult) async
    -> ClientResponseResult
  {
    let running = Task { await call() }
    return await running.value
  }
}
