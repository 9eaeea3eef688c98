// A room: each published element reaches all current subscribers.

/// Distributes published elements to all current subscribers. It may have none at times.
///
/// ```swift
/// let room = Hub<Message>()
/// for try await message in room.subscribeOrDisconnect(bound: 100) { show(message) }   // in each member's task
/// try await room.publish(message)                                                    // in any task
/// ```
///
/// Laws:
/// - Hot: an element goes to the subscribers present when it is published, and to no others. Without any it is dropped,
///   and the hub is unchanged.
/// - All subscribers get the elements in the same order; those of one task in the order in which it published them.
/// - A subscriber gets all elements from its subscription on, requested or not, up to its bound; what happens beyond is
///   its own choice (``WhenFull``, ``subscribeOrDisconnect(bound:)``). With `.wait` it holds up all others and the
///   publishers, so it must not depend on a peer.
/// - A `publish` that throws has given its element to no subscriber; one that returns, to all.
/// - The streams end, after the published elements, with ``finish()`` or when the hub is released.
public final class Hub<Element: Sendable>: StreamSink {
  private let core = HubCore<Element>()

  /// A hub without subscribers.
  public init() {}

  deinit { core.finish() }

  /// The current number of subscribers, without those that were disconnected.
  public var subscriberCount: Int { core.subscriberCount }

  /// Publishes an element to all subscribers. Waits while a subscriber that chose to wait has no room; concurrent
  /// publishers queue behind this one.
  ///
  /// - Returns: how many subscribers it went to.
  /// - Throws: ``SendError/finished`` after the end, ``SendError/cancelled`` when the task is cancelled before all have
  ///   room.
  @discardableResult
  public func publish(_ element: Element) async throws(SendError) -> Int { try await core.publish(element) }

  /// Publishes an element to all subscribers if none of them has to be waited for.
  ///
  /// - Returns: whether it was published.
  /// - Throws: ``SendError/finished``.
  public func tryPublish(_ element: Element) throws(SendError) -> Bool { try core.tryPublish(element) != nil }

  /// Like ``publish(_:)``, for ``_Concurrency/AsyncSequence/forward(to:isolation:)``.
  public func send(_ element: Element) async throws(SendError) { try await core.publish(element) }

  /// A new subscriber.
  ///
  /// - Parameters:
  ///   - bound: how many elements are buffered for it; less than 1 counts as 1.
  ///   - whenFull: what happens when there are more.
  public func subscribe(bound: Int = 16, whenFull: WhenFull) -> BroadcastStream<Element, Never> {
    BroadcastStream(
      { [core] in core.subscribe(bound: bound, overflow: whenFull.overflow) }, onLag: whenFull.onLag, widen: absurd,
      disconnected: nil)
  }

  /// A new subscriber, disconnected when it is too slow: after its buffered elements, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are buffered for it; less than 1 counts as 1.
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, SubscriberTooSlow> {
    BroadcastStream(
      { [core] in core.subscribe(bound: bound, overflow: .disconnect) }, widen: absurd,
      disconnected: SubscriberTooSlow(bound: max(bound, 1)))
  }

  /// Ends the streams after the published elements. Waiting publishers are refused. Later calls have no effect.
  public func finish() { core.finish() }
}
