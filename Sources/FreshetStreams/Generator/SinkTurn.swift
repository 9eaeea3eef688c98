// Whose turn it is at a sink: one exchange of a byte as long as there is no waiter, else the state machine under its
// lock.
public import Synchronization

/// Lets one call at a time into a sink. Thread-safe.
///
/// `gate` says where the state is: free or taken, in the gate itself; ``isQueued``, in the state machine, until the
/// sink is idle and there are no waiters. It is not generic over elements, and is inlinable, since it costs as much as
/// a sink that does little.
@usableFromInline
final class SinkTurn: Sendable {
  private typealias Waiter = UnsafeContinuation<Void, any Error>

  @inlinable static var isFree: UInt8 { 0 }
  @inlinable static var isTaken: UInt8 { 1 }
  @inlinable static var isQueued: UInt8 { 2 }

  @usableFromInline let gate = Atomic<UInt8>(0)
  private let state = Mutex(SinkState<Waiter>.free)

  @usableFromInline init() {}

  /// Whether the sink is idle and not over; may be outdated at once.
  @inlinable
  var isFree: Bool { gate.load(ordering: .acquiring) == Self.isFree }

  /// Enters if the sink is idle and not over.
  @inlinable
  func tryEnter() -> Bool {
    gate.compareExchange(expected: Self.isFree, desired: Self.isTaken, ordering: .acquiring).exchanged
  }

  /// Waits for its turn and enters.
  ///
  /// - Throws: the sink's error, or `CancellationError` when the body is over.
  @usableFromInline
  func enter() async throws {
    try await withUnsafeThrowingContinuation { waiter in
      switch state.withLock({ enter(waiter, &$0) }) {
      case .enter: waiter.resume()
      case .wait: break
      case .fail(let error): waiter.resume(throwing: error)
      }
    }
  }

  private func enter(_ waiter: sending Waiter, _ state: inout SinkState<Waiter>) -> SinkState<Waiter>.Entry {
    while !isQueueing(&state) { if tryEnter() { return .enter } }
    return state.enter(waiter)
  }

  /// Under the lock: switches to the state machine, unless the sink is idle.
  private func isQueueing(_ state: inout SinkState<Waiter>) -> Bool {
    let (isTaken, gate) = gate.compareExchange(
      expected: Self.isTaken, desired: Self.isQueued, ordering: .acquiringAndReleasing)
    if isTaken { state = .busy([]) }
    return isTaken || gate == Self.isQueued
  }

  /// Leaves; the next in line enters.
  @inlinable
  func leave() {
    let isFree = gate.compareExchange(expected: Self.isTaken, desired: Self.isFree, ordering: .releasing).exchanged
    if !isFree { leaveQueue() }
  }

  @usableFromInline
  func leaveQueue() {
    let next = state.withLock { state in
      let next = state.leave()
      if case .free = state { gate.store(Self.isFree, ordering: .releasing) }
      return next
    }
    next?.resume()
  }

  /// The sink threw: nothing enters any more.
  @usableFromInline
  func fail(_ error: any Error) { for waiter in close(error) { waiter.resume(throwing: error) } }

  /// The body is over: nothing enters any more.
  @usableFromInline
  func end() { for waiter in close(nil) { waiter.resume(throwing: CancellationError()) } }

  private func close(_ error: (any Error)?) -> [Waiter] {
    state.withLock { state in
      switch gate.exchange(Self.isQueued, ordering: .acquiringAndReleasing) {
      case Self.isFree: state = .free
      case Self.isTaken: state = .busy([])
      default: break
      }
      return state.close(error.map { .failed($0) } ?? .ended)
    }
  }
}
