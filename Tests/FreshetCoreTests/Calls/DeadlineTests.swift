// Deadlines with a manual clock.
import FreshetCore
import NIOCore
import Testing

@Suite("Deadline")
struct DeadlineTests {
  private let now = NIODeadline.uptimeNanoseconds(1_000)

  @Test func `A deadline is relative to its creation, and less remains later`() {
    let deadline = Deadline.after(.nanoseconds(500), now: now)
    #expect(deadline.uptimeNanoseconds == 1_500)
    #expect(deadline.remaining(now: now) == .nanoseconds(500))
    #expect(deadline.remaining(now: now + .nanoseconds(700)) == .nanoseconds(-200))
    #expect(deadline.nioDeadline == .uptimeNanoseconds(1_500))
    #expect(Deadline(deadline.nioDeadline) == deadline)
  }

  @Test func `Durations beyond the clock's range are clamped`() {
    let last = UInt64(Int64.max)
    #expect(Deadline.after(.seconds(Int64.max), now: now).uptimeNanoseconds == last)
    #expect(Deadline.after(.nanoseconds(Int64.max), now: now).uptimeNanoseconds == last)
    #expect(Deadline.after(.seconds(-Int64.max), now: now).uptimeNanoseconds == 0)
    #expect(Deadline(uptimeNanoseconds: .max).uptimeNanoseconds == last)
    #expect(Deadline(uptimeNanoseconds: .max).remaining(now: now) == .nanoseconds(Int64.max - 1_000))
  }

  @Test func `On the real clock a future deadline has not passed and a past one has`() {
    #expect(!Deadline.after(.seconds(3600)).hasPassed)
    #expect(Deadline.after(.seconds(3600)).remaining <= .seconds(3600))
    #expect(Deadline.after(.zero).hasPassed)
    #expect(Deadline.after(.zero) < Deadline.after(.seconds(1)))
  }
}
