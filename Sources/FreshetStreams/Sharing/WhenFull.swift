// What subscribers choose to happen when they are slow.

/// What happens when an element comes for which a subscriber has no room.
public enum WhenFull: Sendable {
  /// No element comes until there is room: this subscriber slows down all others, and the publishers.
  case wait
  /// The oldest element that it has not received is dropped; the closure is told how many were, in the subscriber's
  /// task, before the next element.
  case dropOldest(onLag: @Sendable (_ missed: Int) -> Void)

  var overflow: Overflow {
    switch self {
    case .wait: .wait
    case .dropOldest: .dropOldest
    }
  }

  var onLag: @Sendable (Int) -> Void {
    switch self {
    case .wait: { _ in }
    case .dropOldest(let onLag): onLag
    }
  }
}

/// What a subscriber's stream throws that had no room for an element.
public struct SubscriberTooSlow: Error, Hashable, CustomStringConvertible {
  /// How many elements were kept for it.
  public let bound: Int

  public var description: String { "disconnected: a subscriber had \(bound) elements unread, its bound" }
}
