// Makes one call according to its plan, and checks the result.
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization

struct Caller: Sendable {
  let channel: RPCChannel
  let progress: CallProgress

  var plan: CallPlan { progress.plan }

  enum Outcome: Sendable {
    case ended(Heads)
    /// The reader stopped early, so the end is unknown.
    case left
    case failed(any Error)
  }

  /// Metadata of the response.
  struct Heads: Sendable {
    var metadata: Metadata
    var trailers: Metadata
  }

  /// - Returns: whether the call ended with OK.
  func run() async -> Bool {
    let outcome = await cancelled { await plan.caller.run { await call() } }
    judge(outcome)
    if case .ended = outcome { return true }
    return false
  }

  /// Makes the call in a task that is cancelled as planned.
  private func cancelled(_ call: @escaping @Sendable () async -> Outcome) async -> Outcome {
    guard case .cancelled(.task(let delay)) = plan.fate else { return await call() }
    let task = Task { await call() }
    await delay.wait()
    task.cancel()
    return await task.value
  }

  private func call() async -> Outcome {
    do {
      return switch plan.kind {
      case .unary: try await unary()
      case .clientStreaming: try await clientStreaming()
      case .serverStreaming: try await serverStreaming()
      case .bidirectional: try await bidirectional()
      }
    } catch {
      return .failed(error)
    }
  }

  var options: CallOptions {
    var options = CallOptions(timeout: plan.timeout)
    if plan.hasMetadata { options.metadata = [CallProgress.key: .string(progress.metadataValue)] }
    if plan.compressesRequests { options.compression = .gzip }
    return options
  }

  // MARK: One response

  private func unary() async throws -> Outcome {
    try await single {
      progress.sent.add(1, ordering: .relaxed)
      return try await channel.unary(
        StressService.Methods.of(plan).unary, progress.requests.message(0), options: options)
    }
  }

  private func clientStreaming() async throws -> Outcome {
    let method = StressService.Methods.of(plan).clientStreaming
    return try await single {
      switch plan.requestSource {
      case .generator, .sends: try await channel.clientStreaming(method, generatedRequests, options: options)
      case .sequence: try await channel.clientStreaming(method, sequenceOfRequests, options: options)
      }
    }
  }

  private func single(_ call: () async throws -> Response<ByteBuffer>) async throws -> Outcome {
    let wasCancelled = Task.isCancelled
    let response = try await call()
    if wasCancelled { throw DeliveredAfterCancellation(what: "the response") }
    progress.receive(response.message, 0)
    return .ended(Heads(metadata: response.metadata, trailers: response.trailers))
  }

  // MARK: Requests

  var generatedRequests: AsyncGenerator<ByteBuffer, any Error> {
    AsyncGenerator { yield in
      try await sendAll { try await yield($0) }
    }
  }

  var sequenceOfRequests: MessageSequence {
    MessageSequence { number in
      progress.sent.store(number, ordering: .relaxed)
      if number % 8 == 7 { await Task.yield() }
      return number == plan.requestCount ? nil : progress.requests.message(number)
    }
  }

  func sendAll(
    then end: @Sendable () -> Void = {}, _ send: @escaping @Sendable (ByteBuffer) async throws -> Void
  ) async throws {
    do {
      try await plan.sending.take(plan.requestCount) { number in
        try await send(progress.requests.message(number))
        progress.sent.add(1, ordering: .relaxed)
      } then: {
        end()
      }
    } catch {
      if !plan.fate.allowsSender(error) { progress.fail("a request could not be sent: \(error)") }
      throw error
    }
  }

  // MARK: Checks

  private func judge(_ outcome: Outcome) {
    switch outcome {
    case .left: break
    case .failed(let error): judge(error)
    case .ended(let heads):
      guard plan.fate.allowsOK else { return progress.fail("it ended with OK") }
      judgeCounts(heads)
      judgeHeads(heads)
    }
  }

  private func judge(_ error: any Error) {
    guard let error = error as? RPCError else { return progress.fail("it ended with another error: \(error)") }
    guard plan.fate.allows(error) else { return progress.fail("it ended with \(error.code): \(error)") }
    let received = progress.received.value
    if case .handlerThrows(let count, _) = plan.fate, plan.answersStream, received != count {
      progress.fail("before its error came \(received) of \(count) responses")
    }
  }

  private func judgeCounts(_ heads: Heads) {
    let received = progress.received.value
    if case .bodyLeaves = plan.fate {
      let count = heads.trailers["stress-yielded"].flatMap { Int($0) } ?? .max
      if received < count { progress.fail("it ended with \(received) responses of \(count) that were yielded") }
    } else if received != plan.responseCount {
      progress.fail("it ended with \(received) responses of \(plan.responseCount)")
    }
    guard case .finishRaces = plan.fate else { return }
    let arrived = heads.trailers["stress-arrived"].flatMap { Int($0) } ?? -1, sent = progress.sent.value
    if arrived < sent { progress.fail("\(arrived) requests arrived of \(sent) that were sent") }
  }

  private func judgeHeads(_ heads: Heads) {
    if case .bodyLeaves = plan.fate { return }
    let head = heads.metadata.strings(for: "stress-head"), end = heads.trailers.strings(for: "stress-end")
    if head != ["first"] { progress.fail("its initial metadata is: \(head)") }
    if end != ["\(plan.responseCount)"] { progress.fail("its trailers are: \(end)") }
  }
}
