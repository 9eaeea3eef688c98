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
  @exclusivity(unchecked) private var state = State()

  private struct State {
    var requests: Deque<Place> = []
    /// Of running calls.
    var messages: Deque<Place> = []
    var busyCount = 0
    var isPaused = false
    /// In both queues.
    var abandoned = AbandonedPlaces()
  }

  init(executor: LoopExecutor, pool: DecompressionPool = .shared) {
    self.executor = executor
    self.pool = pool
  }

  /// A message's place in the queue.
  // SAFETY: used on the loop only.
  private final class Place: @unchecked Sendable {
    enum State {
      /// → waiting, left
      case new(Body)
      /// → begun, left
      case waiting(Body, UnsafeContinuation<Outcome, Never>)
      case begun
      case left
    }

    typealias Body = @Sendable () -> Outcome

    @exclusivity(unchecked) var state: State

    var isLeft: Bool {
      if case .left = state { true } else { false }
    }

    init(_ body: @escaping Body) { state = .new(body) }
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
  func pause() {
    assert(executor.isCurrent)
    state.isPaused = true
  }

  func resume() {
    assert(executor.isCurrent)
    state.isPaused = false
    beginNext()
  }

  /// The number of places, including abandoned ones; on the loop.
  var waitingCount: Int { state.requests.count + state.messages.count }

  private func add(_ place: Place, _ continuation: UnsafeContinuation<Outcome, Never>, isRequest: Bool) {
    guard case .new(let body) = place.state else { return continuation.resume(returning: .failure(.callIsOver)) }
    place.state = .waiting(body, continuation)
    if isRequest { state.requests.append(place) } else { state.messages.append(place) }
    beginNext()
  }

  private func leave(_ place: Place) {
    switch place.state {
    case .new: place.state = .left
    case .waiting(_, let continuation):
      place.state = .left
      dropAbandoned()
      continuation.resume(returning: .failure(.callIsOver))
    case .begun, .left: break
    }
  }

  private func dropAbandoned() {
    guard state.abandoned.add(others: max(0, waitingCount - state.abandoned.count)) else { return }
    state.requests.removeAll { $0.isLeft }
    state.messages.removeAll { $0.isLeft }
  }

  private func beginNext() {
    while state.busyCount < Self.width, let place = state.messages.popFirst() ?? nextRequest() {
      guard case .waiting(let body, let continuation) = place.state else { continue }
      place.state = .begun
      state.busyCount += 1
      pool.submit(for: self) { continuation.resume(returning: body()) }
    }
  }

  private func nextRequest() -> Place? { state.isPaused ? nil : state.requests.popFirst() }

  /// The task has its message. The next turn starts after what the task does with it in this one, such as responding.
  private func taskGoesOn(_ place: Place) {
    if case .begun = place.state { executor.atTurnEnd(self) }
  }

  func turnEnds() {
    assert(executor.isCurrent)
    state.busyCount -= 1
    beginNext()
  }
}
