// The large compressed messages of one connection: a few at a time are decompressed, and held until a handler takes them.
import DequeModule
import FreshetCore
import FreshetTransport
import NIOCore

/// A few KiB may stand for a whole message limit, so what is decompressed and not taken is bounded: without that, a
/// thousand calls that came together hold a thousand messages. A connection whose client does not take its answers
/// (`ServerConnection.isPaused`) has no more requests decompressed, which would just become more answers.
// SAFETY: all state is touched on `executor`'s loop alone; `run` hops there first.
final class DecompressionLine: TurnEndTarget, @unchecked Sendable {
  typealias Outcome = Result<ByteBuffer, RPCError>

  /// How many messages are decompressed at a time, or wait for the task that asked.
  static let width = 2

  private let executor: LoopExecutor
  private let pool: DecompressionPool
  @exclusivity(unchecked) private var requests: Deque<Place> = []
  /// Of calls that run.
  @exclusivity(unchecked) private var messages: Deque<Place> = []
  @exclusivity(unchecked) private var busyCount = 0
  @exclusivity(unchecked) private var isPaused = false
  /// How many places in both were left, at most.
  @exclusivity(unchecked) private var leftCount = 0

  init(executor: LoopExecutor, pool: DecompressionPool = .shared) {
    self.executor = executor
    self.pool = pool
  }

  /// A message's place in the line.
  // SAFETY: touched on the loop alone.
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

  /// Runs `body` away from the loop when its turn has come. From anywhere.
  /// - Parameter isRequest: whether it is the one request of its call, which is not begun while the connection is paused.
  /// - Returns: what `body` returns, or that the call is over, when the task is cancelled while it waits for its turn.
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

  /// Begins no more requests, until `resume`.
  func pause() { isPaused = true }

  func resume() {
    isPaused = false
    beginNext()
  }

  /// How many places there are, also those that were left; on the loop, for tests.
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
      dropLeft()
      continuation.resume(returning: .failure(.callIsOver))
    case .begun, .left: break
    }
  }

  /// A client may open and reset calls for as long as nothing is begun.
  private func dropLeft() {
    leftCount += 1
    if leftCount < 16 + (requests.count + messages.count) / 2 { return }
    leftCount = 0
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

  /// The task has its message. What it makes of it in this turn, an answer perhaps, is waited for.
  private func taskGoesOn(_ place: Place) {
    if case .begun = place.state { executor.atTurnEnd(self) }
  }

  func turnEnds() {
    busyCount -= 1
    beginNext()
  }
}
