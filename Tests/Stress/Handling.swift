// One call at its handler: reads requests, gives responses and ends according to its plan.
import Freshet
import NIOCore
import Synchronization

struct Handling: Sendable {
  private let context: ServerContext
  private let requests: RequestStream<ByteBuffer>?
  private let handler: Running.Handler

  private var progress: CallProgress { handler.progress }
  private var plan: CallPlan { progress.plan }

  init(
    _ context: ServerContext, _ running: Running, request: ByteBuffer? = nil, requests: RequestStream<ByteBuffer>? = nil
  ) throws {
    guard let progress = running.handledCall(context.metadata, firstRequest: request) else {
      throw RPCError(code: .invalidArgument, message: "neither the metadata nor the request has the plan")
    }
    self.context = context
    self.requests = requests
    handler = Running.Handler(progress, running)
    if let request { progress.arrive(request, 0) }
  }

  // MARK: The kinds of answers

  func answerOnce() async throws -> ByteBuffer {
    try await judged {
      try await begin()
      try await readRequests()
      await plan.handler.run { await Task.yield() }
      try end()
      progress.answered.add(1, ordering: .relaxed)
      return progress.responses.message(0)
    }
  }

  func generator() async throws -> AsyncGenerator<ByteBuffer, any Error> {
    try await judged { try await begin() }
    return AsyncGenerator { yield in
      try await judged {
        if case .bodyLeaves(let count) = plan.fate { return try await leave(yield, after: count) }
        try await converse(yield)
        try end()
      }
    }
  }

  func sequence() async throws -> MessageSequence {
    try await judged { try await begin() }
    let reader = requests.map { MessageReader($0.makeAsyncIterator(), take: take) }
    return MessageSequence { number in try await judged { try await element(number, reader) } }
  }

  // MARK: Their parts

  private func begin() async throws {
    context.responseMetadata = ["stress-head": "first"]
    if plan.compressesResponses { context.responseCompression = .gzip }
    if plan.sendsHeadAlone { try await context.sendInitialMetadata() }
  }

  /// Called after the last response.
  private func end() throws {
    context.responseTrailers = ["stress-end": .string("\(plan.responseCount)")]
    if case .finishRaces = plan.fate {
      context.responseTrailers.add("\(progress.arrived.value)", for: "stress-arrived")
    }
    if case .handlerThrows(_, let code) = plan.fate { throw RPCError(code: code, message: Fate.handlersMessage) }
  }

  /// Counts handed-over responses.
  private func took(_ count: Int) {
    progress.answered.store(count, ordering: .relaxed)
    if count == 1 { context.responseMetadata = ["stress-head": "set after the first response"] }
  }

  private func converse(_ yield: Yield<ByteBuffer>) async throws {
    let count = plan.sentResponses
    @Sendable func answer(_ number: Int) async throws {
      try await yield(progress.responses.message(number))
      took(number + 1)
    }
    if requests == nil { return try await plan.answering.take(count, answer) }
    switch plan.conversation {
    case .echoes where plan.echoes: try await echo(count, answer)
    case .apart:
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await readRequests() }
        try await plan.answering.take(count, answer)
        if case .handlerThrows = plan.fate { return group.cancelAll() }
        try await group.waitForAll()
      }
    case .readsFirst, .echoes:
      if case .handlerThrows = plan.fate {} else { try await readRequests() }
      try await plan.answering.take(count, answer)
    }
  }

  private func echo(_ count: Int, _ answer: @Sendable (Int) async throws -> Void) async throws {
    guard let requests else { return }
    let reader = MessageReader(requests.makeAsyncIterator(), take: take)
    for number in 0..<count where try await reader.readOne() { try await answer(number) }
    try await readEnd(by: reader)
  }

  /// An element of a sequence; all requests are read before the first, or one before each.
  private func element(
    _ number: Int, _ reader: MessageReader<RequestStream<ByteBuffer>.AsyncIterator>?
  ) async throws -> ByteBuffer? {
    took(number)
    let isLast = number == plan.sentResponses
    if let reader, plan.echoes {
      if isLast { try await readEnd(by: reader) } else { _ = try await reader.readOne() }
    } else if let reader, number == 0 {
      try await read(by: reader)
    }
    if isLast { try end() }
    return isLast ? nil : progress.responses.message(number)
  }

  /// Returns while another task still yields.
  private func leave(_ yield: Yield<ByteBuffer>, after count: Int) async throws {
    let yielded = SharedCount(), isOver = SharedCount()
    Task.detached {
      defer { isOver.add() }
      try await plan.answering.take(plan.responseCount) { number in
        try await yield(progress.responses.message(number))
        yielded.add()
      }
    }
    await spin { yielded.value >= count || isOver.value > 0 }
    context.responseTrailers = ["stress-yielded": .string("\(yielded.value)")]
  }

  // MARK: Requests

  private func readRequests() async throws {
    guard let requests else { return }
    try await read(by: MessageReader(requests.makeAsyncIterator(), take: take))
  }

  private var take: MessageReader<RequestStream<ByteBuffer>.AsyncIterator>.Take {
    { [progress, plan] number, request in
      progress.arrive(request, number)
      return number + 1 != plan.readRequests
    }
  }

  private func read(by reader: MessageReader<RequestStream<ByteBuffer>.AsyncIterator>) async throws {
    if plan.readRequests == 0 { return }
    if try await reader.read(plan.handlerReading) { requestsEnded() }
  }

  /// Called when all planned requests have arrived.
  private func readEnd(by reader: MessageReader<RequestStream<ByteBuffer>.AsyncIterator>) async throws {
    if case .handlerThrows = plan.fate { return }
    if try await reader.readOne() { progress.fail("more requests came than were sent") } else { requestsEnded() }
  }

  /// The client has half-closed its side.
  private func requestsEnded() {
    let count = progress.arrived.value
    if plan.fate.sendsAllRequests, count != plan.requestCount {
      progress.fail("the requests ended after \(count) of \(plan.requestCount)")
    }
  }

  /// Errors of the handler's reads and yields are faults unless the call may have ended.
  private func judged<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch {
      let isPlanned = (error as? RPCError)?.message == Fate.handlersMessage || plan.fate.mayEndHandler
      if error is DeliveredAfterCancellation || !isPlanned { progress.fail("its handler failed: \(error)") }
      throw error
    }
  }
}

/// A count shared by tasks.
private final class SharedCount: Sendable {
  private let count = Atomic(0)
  func add() { count.add(1, ordering: .acquiringAndReleasing) }
  var value: Int { count.load(ordering: .acquiring) }
}
