// A point in monotonic time by which a call must be over, and the one that outgoing calls inherit.
public import NIOCore

/// A point in time by which a call must be over.
///
/// In nanoseconds of the monotonic clock that NIO's timers use, so it means nothing in another process; the remaining
/// time is sent on the wire.
public struct Deadline: Sendable, Hashable {
  /// Nanoseconds since the start of the monotonic clock, at most `Int64.max` (292 years).
  public let uptimeNanoseconds: UInt64

  /// The deadline that calls made here inherit: that of the running handler, or of ``withDeadline(_:isolation:_:)``;
  /// `nil` outside both.
  ///
  /// It binds the handler's task, its child tasks, and tasks that it starts with `Task { }`, until the handler has
  /// ended. What outlives the handler is no longer bound, since its call is over; a call that started before that keeps
  /// its deadline. `Task.detached` inherits none.
  public static var current: Deadline? { scope?.binding }

  @TaskLocal package static var scope: DeadlineScope?

  /// A deadline at that point of the clock, clamped to `Int64.max`.
  public init(uptimeNanoseconds: UInt64) {
    self.uptimeNanoseconds = min(uptimeNanoseconds, UInt64(Int64.max))
  }

  /// A deadline on NIO's clock.
  public init(_ deadline: NIODeadline) { self.init(uptimeNanoseconds: deadline.uptimeNanoseconds) }

  /// The deadline this far from now; already expired for a duration of zero or less.
  public static func after(_ duration: Duration) -> Deadline { after(duration, now: .now()) }

  /// The deadline this far from the given moment.
  public static func after(_ duration: Duration, now: NIODeadline) -> Deadline {
    let (sum, overflows) = Int64(clamping: now.uptimeNanoseconds).addingReportingOverflow(duration.clampedNanoseconds)
    return Deadline(uptimeNanoseconds: UInt64(max(0, overflows ? .max : sum)))
  }

  /// The remaining time; zero or less when the deadline has passed.
  public var remaining: Duration { remaining(now: .now()) }

  /// The remaining time at the given moment.
  public func remaining(now: NIODeadline) -> Duration {
    .nanoseconds(Int64(uptimeNanoseconds) - Int64(clamping: now.uptimeNanoseconds))
  }

  /// Whether no time is left.
  public var hasPassed: Bool { remaining <= .zero }

  /// The same point for a timer of an event loop.
  public var nioDeadline: NIODeadline { .uptimeNanoseconds(uptimeNanoseconds) }
}

extension Deadline: Comparable {
  public static func < (left: Deadline, right: Deadline) -> Bool { left.uptimeNanoseconds < right.uptimeNanoseconds }
}

extension Duration {
  /// Whole nanoseconds, truncated; clamped to the range of `Int64`.
  fileprivate var clampedNanoseconds: Int64 {
    let attoseconds = attoseconds, magnitude = attoseconds.magnitude
    let halves = (UInt64(truncatingIfNeeded: magnitude >> 64), UInt64(truncatingIfNeeded: magnitude))
    // One machine instruction; the 128-bit division in `components` takes a hundred.
    let perNanosecond: UInt64 = 1_000_000_000
    let nanoseconds = halves.0 < perNanosecond ? perNanosecond.dividingFullWidth(halves).quotient : .max
    if attoseconds < 0 { return -Int64(clamping: nanoseconds) }
    return Int64(clamping: nanoseconds)
  }
}
