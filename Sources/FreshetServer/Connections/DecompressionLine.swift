// The large compressed messages of one connection: a few at a time are decompressed, and held until a handler takes
// them.
import DequeModule
import FreshetCore
import FreshetTransport
import NIOCore

/// A few KiB may expand to a whole message limit, so the number of decompressed messages that are not yet taken is
/// bounded: otherwise a thousand concurrent calls would hold a thousand messages. While a client does not read its
/// responses (`ServerConnection.isPaused`), its requests are not decompressed, since they would only produce more
/// responses.
// SAFETY: all state is used on `executor`'s loop only; `run` hops there first.
final class DecompressionLine: TurnEndTarget, @unchecked Sendable {
  typealias Outcome = Result<ByteBuffer, RPCError>

  /// How many messages are being decompressed, or wait for the task that requested them.
  static let width = 2

  private let executor: LoopExecutor
  private let pool: DecompressionPool
  @exclusivity(unchecked) private var requests: Deque<Place> = []
  /// Of running calls.
  @exclusivity(unchecked) private var messages: Deque<Place> = []
  @exclusivity(unchecked) private var busyCount = 0
  @exclusivity(unchecked) private var isPaused = false
  /// In both queues.
  @exclusivity(unchecked) private var abandoned = AbandonedPlaces()

  init(executor: LoopExecutor, pool: DecompressionPool = .shared) {
    self.executor = executor
    self.pool = pool
  }

  /// A message's place in the queue.
  // SAFETY: used on the loop only.
  private final class Place: @unchecked Sendable {
    enum State {
      /// → waiting, left
      case new
      /// → begun, left
      case waiting(UnsafeContinuation<Outcome, Never>)
      case begun
      case left
    }

    @exclusivity(unchecked) var body: (@Sendable () -> Outcome)?
    @exclusivity(unchecked) var state = State.new

    var isLeft: Bool {
      if case .left = state { true } else { false }
    }

    init(_ body: @escaping @Sendable () -> Outcome) { self.body = body }
  }

  /// Runs `body` off the loop when its turn comes. Callable from anywhere.
  /// - Parameter isRequest: whether it is the one request of its call, which is not started while the connection is
  ///   paused.
  /// - Returns: the result of `body`, or that the call is over, if the task is cancelled while it waits for its turn.
  func run(isRequest: Bool, _ body: @escaping @Sendable () -> Outcome) async -> Outcome {
    if executor.isShutDown { return .failure(.callIsOver) }
    let place = Place(body)
    let outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        executor.run { self.add(place, continuation, isRequest: isRequest) }
      }
    } onCancel: {
      executor.runSoon { self.leave(place) }
    }
    executor.run { self.taskGoesOn(place) }
    return outcome
  }

  /// Starts no more requests until `resume`.
  func pause() { isPaused = true }

  func resume() {
    isPaused = false
    beginNext()
  }

  /// The number of places, including abandoned ones; on the loop.
  var waitingCount: Int { requests.count + messages.count }

  private func add(_ place: Place, _ continuation: UnsafeContinuation<Outcome, Never>, isRequest: Bool) {
    if case .left = place.state { return continuation.resume(returning: .failure(.callIsOver)) }
    place.state = .waiting(continuation)
    if isRequest { requests.append(place) } else { messages.append(place) }
    beginNext()
  }

  private func leave(_ place: Place) {
    switch place.state {
    case .new: place.state = .left
    case .waiting(let continuation):
      place.state = .left
      place.body = nil
      dropAbandoned()
      continuation.resume(returning: .failure(.callIsOver))
    case .begun, .left: break
    }
  }

  private func dropAbandoned() {
    guard abandoned.add(others: max(0, waitingCount - abandoned.count)) else { return }
    requests.removeAll { $0.isLeft }
    messages.removeAll { $0.isLeft }
  }

  private func beginNext() {
    while busyCount < Self.width, let place = messages.popFirst() ?? nextRequest() {
      guard case .waiting(let continuation) = place.state, let body = place.body.take() else { continue }
      place.state = .begun
      busyCount += 1
      pool.submit(for: self) { continuation.resume(returning: body()) }
    }
  }

  private func nextRequest() -> Place? { isPaused ? nil : requests.popFirst() }

  /// The task has its message. The next turn starts after what the task does with it in this one, such as responding.
  private func taskGoesOn(_ place: Place) {
    if case .begun = place.state { executor.atTurnEnd(self) }
  }

  func turnEnds() {
    busyCount -= 1
    beginNext()
  }
}
