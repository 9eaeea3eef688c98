// A point of the monotonic clock by which a call has to be over, and the one that outgoing calls inherit.
public import NIOCore

/// A point in time by which a call has to be over.
///
/// Counts nanoseconds of the monotonic clock that NIO's timers use, so it means nothing in another process; on the
/// wire goes the time that remains.
public struct Deadline: Sendable, Hashable {
  /// Nanoseconds since the monotonic clock's start, at most `Int64.max` (292 years).
  public let uptimeNanoseconds: UInt64

  /// The deadline that calls made from here inherit: that of the handler that is running, or of ``withDeadline(_:isolation:_:)``;
  /// `nil` outside of any.
  ///
  /// It binds the handler's task, its child tasks, and tasks that it starts with `Task { }`, until the handler has ended.
  /// What outlives the handler is bound no longer, since the call whose deadline it was is over; a call that was begun
  /// before that keeps the deadline that it began with. `Task.detached` inherits none.
  public static var current: Deadline? { scope?.binding }

  @TaskLocal package static var scope: DeadlineScope?

  /// A deadline at that point of the clock; beyond `Int64.max` it is taken as that.
  public init(uptimeNanoseconds: UInt64) {
    self.uptimeNanoseconds = min(uptimeNanoseconds, UInt64(Int64.max))
  }

  /// A deadline on NIO's clock.
  public init(_ deadline: NIODeadline) { self.init(uptimeNanoseconds: deadline.uptimeNanoseconds) }

  /// The deadline that is so far from now; one that has passed already for a duration of zero or less.
  public static func after(_ duration: Duration) -> Deadline { after(duration, now: .now()) }

  /// The deadline that is so far from the given moment.
  public static func after(_ duration: Duration, now: NIODeadline) -> Deadline {
    let (sum, overflows) = Int64(clamping: now.uptimeNanoseconds).addingReportingOverflow(duration.clampedNanoseconds)
    return Deadline(uptimeNanoseconds: UInt64(max(0, overflows ? .max : sum)))
  }

  /// The time that is left; zero or less when the deadline has passed.
  public var remaining: Duration { remaining(now: .now()) }

  /// The time that is left at the given moment.
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
  /// Whole nanoseconds, the fraction cut off; beyond `Int64` its nearest bound.
  fileprivate var clampedNanoseconds: Int64 {
    let attoseconds = attoseconds, magnitude = attoseconds.magnitude
    let halves = (UInt64(truncatingIfNeeded: magnitude >> 64), UInt64(truncatingIfNeeded: magnitude))
    // One instruction of the processor; the division of 128 bits, which `components` makes, is a hundred.
    let perNanosecond: UInt64 = 1_000_000_000
    let nanoseconds = halves.0 < perNanosecond ? perNanosecond.dividingFullWidth(halves).quotient : .max
    if attoseconds < 0 { return -Int64(clamping: nanoseconds) }
    return Int64(clamping: nanoseconds)
  }
}
