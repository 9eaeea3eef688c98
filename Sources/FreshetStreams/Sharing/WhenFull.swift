// A subscriber's choice of what happens when it is slow.

/// What happens when an element arrives for which a subscriber has no room.
///
/// ```swift
/// let slow = prices.subscribe(bound: 1, whenFull: .dropOldest)
/// let told = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })
/// ```
public struct WhenFull: Sendable {
  let overflow: Overflow
  let onLag: @Sendable (Int) -> Void

  /// No element is accepted until there is room: this subscriber slows down all others, and the publishers.
  public static let wait = WhenFull(overflow: .wait) { _ in }

  /// The oldest unread element is dropped silently.
  public static let dropOldest = WhenFull(overflow: .dropOldest) { _ in }

  /// The oldest unread element is dropped.
  ///
  /// - Parameter onLag: called with how many elements were dropped, in the subscriber's task, before the next element.
  public static func dropOldest(onLag: @escaping @Sendable (_ missed: Int) -> Void) -> WhenFull {
    WhenFull(overflow: .dropOldest, onLag: onLag)
  }
}

/// Thrown by the stream of a subscriber that had no room for an element.
public struct SubscriberTooSlow: Error, Hashable, CustomStringConvertible {
  /// How many elements were buffered for it.
  public let bound: Int

  public var description: String { "disconnected: a subscriber had \(bound) elements unread, its bound" }
}
