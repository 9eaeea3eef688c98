// A room: what is published reaches all who are there.

/// What is published in it goes to all subscribers of that moment. It lives on while there are none.
///
/// ```swift
/// let room = Hub<Message>()
/// for try await message in room.subscribeOrDisconnect(bound: 100) { show(message) }   // in each member's task
/// try await room.publish(message)                                                    // in any task
/// ```
///
/// Laws:
/// - Hot: an element goes to the subscribers that are there when it is published, and to no others. Without any it goes
///   nowhere, and the hub is as before.
/// - All subscribers get the elements in the same order; those of one task in the order in which it published them.
/// - A subscriber gets all elements from its subscription on, asked for or not, up to its bound; what happens then is its
///   own choice (``WhenFull``, ``subscribeOrDisconnect(bound:)``). One that waits holds up all others and the publishers, so
///   it must not be at a peer's mercy.
/// - A `publish` that throws has given its element to no subscriber; one that returns, to all.
/// - The streams end, behind what was published, with ``finish()`` or when the hub goes away.
public final class Hub<Element: Sendable>: StreamSink {
  private let core = HubCore<Element>()

  /// A hub without subscribers.
  public init() {}

  deinit { core.finish() }

  /// How many are subscribed now, but for those that were disconnected.
  public var subscriberCount: Int { core.subscriberCount }

  /// Gives an element to all subscribers. Waits while one has no room that chose to wait; those that publish meanwhile
  /// wait behind this.
  ///
  /// - Returns: how many subscribers it went to.
  /// - Throws: ``SendError/finished`` behind the end, ``SendError/cancelled`` when the task is cancelled before all have
  ///   room.
  @discardableResult
  public func publish(_ element: Element) async throws(SendError) -> Int { try await core.publish(element) }

  /// Gives an element to all subscribers if none of them has to be waited for.
  ///
  /// - Returns: whether it was published.
  /// - Throws: ``SendError/finished``.
  public func tryPublish(_ element: Element) throws(SendError) -> Bool { try core.tryPublish(element) != nil }

  /// As ``publish(_:)``, for ``_Concurrency/AsyncSequence/forward(to:isolation:)``.
  public func send(_ element: Element) async throws(SendError) { try await core.publish(element) }

  /// A new subscriber.
  ///
  /// - Parameters:
  ///   - bound: how many elements are kept for it; less than 1 counts as 1.
  ///   - whenFull: what happens when there are more.
  public func subscribe(bound: Int = 16, whenFull: WhenFull) -> BroadcastStream<Element, Never> {
    BroadcastStream(
      { [core] in core.subscribe(bound: bound, overflow: whenFull.overflow) }, onLag: whenFull.onLag, widen: absurd,
      disconnected: nil)
  }

  /// A new subscriber, who is disconnected when it is too slow: after the elements that were kept for it, its stream throws
  /// ``SubscriberTooSlow``.
  ///
  /// - Parameter bound: how many elements are kept for it; less than 1 counts as 1.
  public func subscribeOrDisconnect(bound: Int = 16) -> BroadcastStream<Element, SubscriberTooSlow> {
    BroadcastStream(
      { [core] in core.subscribe(bound: bound, overflow: .disconnect) }, widen: absurd,
      disconnected: SubscriberTooSlow(bound: max(bound, 1)))
  }

  /// Ends the streams behind what was published. Those who wait to publish are refused. Later calls change nothing.
  public func finish() { core.finish() }
}
