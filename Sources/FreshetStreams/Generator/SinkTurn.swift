// Whose turn it is at a sink: one exchange of a byte as long as nobody waits, else the state machine under its lock.
public import Synchronization

/// Lets one call at a time into a sink. Any task may call anything at any time.
///
/// `gate` says who knows: free or taken, it does itself; ``isQueued``, the state machine does, until nobody is in the sink
/// and nobody waits. It knows nothing of elements, and is inlinable, since it costs as much as a sink that does little.
@usableFromInline
final class SinkTurn: Sendable {
  private typealias Waiter = UnsafeContinuation<Void, any Error>

  @inlinable static var isFree: UInt8 { 0 }
  @inlinable static var isTaken: UInt8 { 1 }
  @inlinable static var isQueued: UInt8 { 2 }

  @usableFromInline let gate = Atomic<UInt8>(0)
  private let state = Mutex(SinkState<Waiter>.free)

  @usableFromInline init() {}

  /// Whether nobody is in the sink and it is not over; the next moment may change that.
  @inlinable
  var isFree: Bool { gate.load(ordering: .acquiring) == Self.isFree }

  /// Enters if nobody is in the sink and it is not over.
  @inlinable
  func tryEnter() -> Bool {
    gate.compareExchange(expected: Self.isFree, desired: Self.isTaken, ordering: .acquiring).exchanged
  }

  /// Waits for its turn and enters.
  ///
  /// - Throws: what the sink threw, or `CancellationError` when the body is over.
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

  /// Under the lock: lets the state machine know from now on, unless nobody is in the sink.
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

  /// The sink threw: nobody enters any more.
  @usableFromInline
  func fail(_ error: any Error) { for waiter in close(error) { waiter.resume(throwing: error) } }

  /// The body is over: nobody enters any more.
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
