// What one subscriber of a broadcast reads.
import Synchronization

/// The elements of a ``Broadcast`` from a subscription on.
///
/// Single-use: it has one iterator, and making a second is a programming error. The subscription ends when it and its
/// iterator have gone, or when a task was cancelled that waited for an element.
public struct BroadcastStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  fileprivate enum Answer: Sendable {
    case element(Element)
    case end(Failure?)
  }

  private let next: @Sendable () async -> Answer
  private let claim: @Sendable () -> Void

  /// - Parameter disconnected: the error of a subscriber that was too slow.
  init<BaseFailure: Error>(
    _ member: BroadcastMember<Element, BaseFailure>, onLag: @escaping @Sendable (Int) -> Void = { _ in },
    widen: @escaping @Sendable (BaseFailure) -> Failure, disconnected: Failure?
  ) {
    claim = { member.claim() }
    next = {
      switch await member.run.next(member.id) {
      case .element(let element, let missed):
        if missed > 0 { onLag(missed) }
        return .element(element)
      case .end(let failure): return .end(failure.map(widen))
      case .disconnected: return .end(disconnected)
      }
    }
  }

  /// The one iterator.
  public func makeAsyncIterator() -> Iterator {
    claim()
    return Iterator(ask: next)
  }

  /// Receives elements; used by one task at a time.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate let ask: @Sendable () async -> Answer

    /// The next element; `nil` after the last.
    ///
    /// - Throws: what the broadcast's sequence throws, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      switch await ask() {
      case .element(let element): return element
      case .end(let failure):
        if let failure { throw failure }
        return nil
      }
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

/// One subscriber's place in a run, which it leaves when it goes away.
final class BroadcastMember<Element: Sendable, Failure: Error>: Sendable {
  let run: BroadcastRun<Element, Failure>
  let id: Int
  private let isClaimed = Atomic(false)

  init(run: BroadcastRun<Element, Failure>, id: Int) {
    self.run = run
    self.id = id
  }

  deinit { run.leave(id) }

  func claim() {
    precondition(
      !isClaimed.exchange(true, ordering: .relaxed),
      "a broadcast's stream is single-use: it was asked for a second iterator")
  }
}
