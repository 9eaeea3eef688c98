// Calls with a stream of responses.
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization

extension Caller {
  func serverStreaming() async throws -> Outcome {
    progress.sent.add(1, ordering: .relaxed)
    let method = StressService.Methods.of(plan).serverStreaming(plan)
    return try await read(channel.serverStreaming(method, progress.requests.message(0), options: options))
  }

  func bidirectional() async throws -> Outcome {
    let method = StressService.Methods.of(plan).bidirectional(plan)
    switch plan.requestSource {
    case .generator: return try await read(channel.bidirectional(method, generatedRequests, options: options))
    case .sequence: return try await read(channel.bidirectional(method, sequenceOfRequests, options: options))
    case .sends: return try await byHand(channel.bidirectional(method, options: options))
    }
  }

  /// Sends and interferes from other tasks while this one reads.
  private func byHand(_ call: BidirectionalCall<ByteBuffer, ByteBuffer>) async throws -> Outcome {
    let sending = Task.detached { try await send(on: call) }
    let interfering = Task.detached { await interfere(with: call) }
    let outcome: Result<Outcome, any Error>
    do { outcome = .success(try await read(call.responses)) } catch { outcome = .failure(error) }
    _ = await sending.result
    await interfering.value
    return try outcome.get()
  }

  private func send(on call: BidirectionalCall<ByteBuffer, ByteBuffer>) async throws {
    try await sendAll {
      plan.finishing.run { call.finish() }
    } _: { request in
      try await call.send(request)
    }
  }

  private func interfere(with call: BidirectionalCall<ByteBuffer, ByteBuffer>) async {
    switch plan.fate {
    case .cancelled(.call(let delay, let place)):
      await delay.wait()
      place.run {
        call.cancel()
        progress.isCancelled.store(true, ordering: .releasing)
      }
    case .finishRaces(let delay):
      await delay.wait()
      call.finish()
    default: break
    }
  }

  private func read(_ responses: ResponseStream<ByteBuffer>) async throws -> Outcome {
    let reader = MessageReader(
      responses.makeAsyncIterator(), isCancelled: { [progress] in progress.isCancelled.load(ordering: .acquiring) },
      take: { [progress, plan] number, message in
        progress.receive(message, number)
        switch plan.fate {
        case .readerLeaves(let count): return number < count
        case .cancelled(.reader(let count)):
          if number == count { withUnsafeCurrentTask { $0?.cancel() } }
          return true
        default: return true
        }
      })
    guard try await reader.read(plan.reading) else { return .left }
    // A task that has cancelled itself cannot wait for them.
    if Task.isCancelled || progress.isCancelled.load(ordering: .acquiring) { return .left }
    return .ended(Heads(metadata: try await responses.metadata, trailers: try await responses.trailers))
  }
}
