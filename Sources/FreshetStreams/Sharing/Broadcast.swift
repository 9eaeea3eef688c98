// One stream for many readers.
import Synchronization

/// Distributes the elements of one sequence to any number of subscribers.
///
/// ```swift
/// let prices = Broadcast(feed)
/// let display = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })
/// let archive = prices.subscribe(bound: 100)
/// ```
///
/// Laws:
/// - Cold: the sequence is first read when a subscriber requests an element, in a task that inherits that subscriber's
///   priority, task-locals and executor preference.
/// - Pull: an element is requested when a subscriber waits for one and every subscriber that must not miss it has room.
/// - A subscriber gets all elements from its subscription on, requested or not, up to its bound; what happens beyond is
///   its own choice (``WhenFull``, ``subscribeOrDisconnect(bound:)``).
/// - When the last subscriber is dropped or cancelled, the sequence is cancelled. All receive its end and its error.
/// - A subscriber after that, or after the end, begins a new run of the sequence. A sequence that can be read only
///   once, such as a channel's stream, is over then: for a room whose subscribers come and go, use a ``Hub``.
public final class Broadcast<Element: Sendable, Failure: Error>: Sendable {
  private typealias Run = BroadcastRun<Element, Failure>

  private let run: Mutex<Run>
  private let read: Run.Read

  /// A broadcast of this sequence, not yet read.
  public init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == Element, Base.Failure == Failure {
    read = { run in
      var elements = base.makeAsyncIterator()
      do throws(Failure) {
        while await run.isElementWanted() {
          guard let element = try await elements.next(isolation: #isolation) else { break }
          run.offer(element)
        }
        run.end(nil)
      } catch { run.end(error) }
    }
    run = Mutex(Run(read: read))
  }

  /// A new subscriber.
  ///
  /// - Parameters:
  ///   - bound: how many elements are buffered for it; less than 1 counts as 1.
  ///   - whenFull: what happens when there are more.
  public func subscribe(bound: Int = 16, whenFull: WhenFull = .wait) -> BroadcastStream<Element, Failure> {
    BroadcastStream(
      { self.subscriber(bound, whenFull.overflow) }, onLag: whenFull.onLag, widen: { $0 }, disconnected: nil)
  }

  /// A new subscriber, disconnected when it is too slow: after its buffered elements, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are buffered for it; less than 1 counts as 1.
  @_disfavoredOverload
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, any Error> {
    BroadcastStream(
      { self.subscriber(bound, .disconnect) }, widen: { $0 }, disconnected: SubscriberTooSlow(bound: max(bound, 1)))
  }

  private func subscriber(_ bound: Int, _ overflow: Overflow) -> Subscriber<BroadcastRun<Element, Failure>> {
    run.withLock { run in
      while true {
        if let subscriber = run.subscribe(bound: bound, overflow: overflow) { return subscriber }
        run = Run(read: read)
      }
    }
  }
}

extension Broadcast where Failure == Never {
  /// A new subscriber, disconnected when it is too slow: after its buffered elements, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are buffered for it; less than 1 counts as 1.
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, SubscriberTooSlow> {
    BroadcastStream(
      { self.subscriber(bound, .disconnect) }, widen: absurd, disconnected: SubscriberTooSlow(bound: max(bound, 1)))
  }
}
