// One stream for many readers.
import Synchronization

/// Gives the elements of one sequence to any number of subscribers.
///
///     let prices = Broadcast(feed)
///     let display = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })
///     let archive = prices.subscribe(bound: 100)
///
/// Laws:
/// - Cold: the sequence is first read when a subscriber asks for an element, in a task that takes over that subscriber's
///   priority, task-locals and executor preference.
/// - Pull: an element is asked for when a subscriber waits for one and every subscriber that must not miss it has room.
/// - A subscriber gets all elements from its subscription on, asked for or not, up to its bound; what happens then is its
///   own choice (``WhenFull``, ``subscribeOrDisconnect(bound:)``).
/// - When the last subscriber goes away or is cancelled, the sequence is cancelled. Its end and its error go to all.
/// - A subscriber who comes after that, or after the end, begins a new run of the sequence.
public final class Broadcast<Element: Sendable, Failure: Error>: Sendable {
  /// What happens when an element comes for which a subscriber has no room.
  public enum WhenFull: Sendable {
    /// No element is asked for until there is room: this subscriber slows all others down.
    case wait
    /// The oldest element that it has not received is dropped; the closure is told how many were, in the subscriber's
    /// task, before the next element.
    case dropOldest(onLag: @Sendable (_ missed: Int) -> Void)
  }

  private let run: Mutex<BroadcastRun<Element, Failure>>
  private let read: BroadcastRun<Element, Failure>.Read

  /// A broadcast of this sequence, which nobody reads yet.
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
    run = Mutex(BroadcastRun(read: read))
  }

  /// A new subscriber.
  ///
  /// - Parameters:
  ///   - bound: how many elements are kept for it; at least 1.
  ///   - whenFull: what happens when there are more.
  public func subscribe(bound: Int = 16, whenFull: WhenFull = .wait) -> BroadcastStream<Element, Failure> {
    switch whenFull {
    case .wait: BroadcastStream(member(bound, .wait), widen: { $0 }, disconnected: nil)
    case .dropOldest(let onLag): BroadcastStream(member(bound, .dropOldest), onLag: onLag, widen: { $0 }, disconnected: nil)
    }
  }

  /// A new subscriber, who is disconnected when it is too slow: after the elements that were kept for it, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are kept for it; at least 1.
  @_disfavoredOverload
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, any Error> {
    BroadcastStream(member(bound, .disconnect), widen: { $0 }, disconnected: SubscriberTooSlow(bound: bound))
  }

  fileprivate func member(_ bound: Int, _ whenFull: FreshetStreams.WhenFull) -> BroadcastMember<Element, Failure> {
    precondition(bound > 0, "subscribe(bound: \(bound)): a bound is 1 or more")
    return run.withLock { run in
      if let id = run.subscribe(bound: bound, whenFull: whenFull) { return BroadcastMember(run: run, id: id) }
      run = BroadcastRun(read: read)
      // A run that nobody knows is not over.
      return BroadcastMember(run: run, id: run.subscribe(bound: bound, whenFull: whenFull)!)
    }
  }
}

extension Broadcast where Failure == Never {
  /// A new subscriber, who is disconnected when it is too slow: after the elements that were kept for it, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are kept for it; at least 1.
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, SubscriberTooSlow> {
    BroadcastStream(
      member(bound, .disconnect), widen: absurd, disconnected: SubscriberTooSlow(bound: bound))
  }
}

/// What a subscriber's stream throws that had no room for an element.
public struct SubscriberTooSlow: Error, Hashable, CustomStringConvertible {
  /// How many elements were kept for it.
  public let bound: Int

  public var description: String { "disconnected: a broadcast's subscriber had \(bound) elements unread, its bound" }
}
