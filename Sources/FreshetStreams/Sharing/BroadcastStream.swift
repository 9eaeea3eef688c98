// What one subscriber of a broadcast or a hub reads.
import Synchronization

/// The elements of a ``Broadcast`` or a ``Hub`` from a subscription on.
///
/// The stream keeps its place from the subscription until it is first iterated. A second iterator is a subscriber of its
/// own, which begins with what comes after it was made. A subscription ends when its iterator has gone, or the stream if it
/// was not iterated, or when a task was cancelled that waited for an element.
public struct BroadcastStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  private let place: SubscriberPlace<Element, Failure>

  /// - Parameters:
  ///   - subscribe: makes a subscriber; is called now, and for each iterator beyond the first.
  ///   - disconnected: the error of a subscriber that was too slow.
  init<Source: SubscriberSource>(
    _ subscribe: @escaping @Sendable () -> Subscriber<Source>, onLag: @escaping @Sendable (Int) -> Void = { _ in },
    widen: @escaping @Sendable (Source.Failure) -> Failure, disconnected: Failure?
  ) where Source.Element == Element {
    place = SubscriberPlace {
      let subscriber = subscribe()
      return {
        switch await subscriber.next() {
        case .element(let element, let missed):
          if missed > 0 { onLag(missed) }
          return .element(element)
        case .end(let failure): return .end(failure.map(widen))
        case .disconnected: return .end(disconnected)
        }
      }
    }
  }

  /// A subscriber: the one whose place this stream keeps, or a new one.
  public func makeAsyncIterator() -> Iterator { Iterator(ask: place.take()) }

  /// Receives elements. Copies of it are the same subscriber: each element goes to one of them.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate let ask: SubscriberPlace<Element, Failure>.Ask

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

/// A subscriber, from the subscription to the first iterator.
private final class SubscriberPlace<Element: Sendable, Failure: Error>: Sendable {
  enum Answer: Sendable {
    case element(Element)
    case end(Failure?)
  }
  /// Asks on behalf of one subscriber, which it keeps.
  typealias Ask = @Sendable () async -> Answer

  private let kept: Mutex<Ask?>
  private let subscribe: @Sendable () -> Ask

  init(_ subscribe: @escaping @Sendable () -> Ask) {
    self.subscribe = subscribe
    kept = Mutex(subscribe())
  }

  func take() -> Ask { kept.withLock { $0.take() } ?? subscribe() }
}
