// One subscriber's view of a broadcast or a hub.
import Synchronization

/// The elements of a ``Broadcast`` or a ``Hub`` from a subscription on.
///
/// The stream holds its subscription until it is first iterated. A second iterator is a subscriber of its own, which
/// begins with the elements after its creation. A subscription ends when its iterator is dropped, or the stream if it
/// was not iterated, or when a task that waited for an element was cancelled.
public struct BroadcastStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  private let place: SubscriberPlace<Element, Failure>

  /// - Parameters:
  ///   - subscribe: creates a subscriber; called now, and for each iterator after the first.
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

  /// A subscriber: the one reserved by this stream, or a new one.
  public func makeAsyncIterator() -> Iterator { Iterator(ask: place.take()) }

  /// Receives elements. Copies are the same subscriber: each element goes to one of them.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate let ask: SubscriberPlace<Element, Failure>.Ask

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the error of the broadcast's sequence, once.
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
  /// Requests elements for one subscriber, which it retains.
  typealias Ask = @Sendable () async -> Answer

  private let kept: Mutex<Ask?>
  private let subscribe: @Sendable () -> Ask

  init(_ subscribe: @escaping @Sendable () -> Ask) {
    self.subscribe = subscribe
    kept = Mutex(subscribe())
  }

  func take() -> Ask { kept.withLock { $0.take() } ?? subscribe() }
}
