// A call's deadline, and the time-out sent to the server.
import FreshetCore
import NIOCore
import Testing

@testable import FreshetClient

@Suite struct CallDeadlineTests {
  private let now = NIODeadline.uptimeNanoseconds(5_000_000_000)

  private func made(_ timeout: Duration?, _ inherited: Deadline? = nil) -> CallDeadline? {
    CallDeadline(timeout: timeout, inherited: inherited, now: now)
  }

  private func told(_ deadline: CallDeadline?, after time: TimeAmount) throws -> Duration? {
    try #require(deadline).timeoutAsGiven(now: now + time)
  }

  @Test func `without a time-out and an inherited deadline there is none`() { #expect(made(nil) == nil) }

  @Test func `the earlier of the time-out and the inherited deadline counts`() {
    let inherited = Deadline.after(.seconds(10), now: now)
    #expect(made(.seconds(9), inherited)?.deadline == .after(.seconds(9), now: now))
    #expect(made(.seconds(11), inherited)?.deadline == inherited)
    #expect(made(nil, inherited)?.deadline == inherited)
    #expect(made(.seconds(11))?.deadline == .after(.seconds(11), now: now))
  }

  @Test func `a call sent at once sends the time-out as given`() throws {
    let deadline = made(.seconds(60), .after(.seconds(61), now: now))
    #expect(try told(deadline, after: .zero) == .seconds(60))
    #expect(try told(deadline, after: .milliseconds(599)) == .seconds(60))
    // A loop's time is that of its turn's beginning, and the call may have begun since.
    #expect(try told(deadline, after: .milliseconds(-3)) == .seconds(60))
    #expect(try told(made(.milliseconds(1)), after: .microseconds(10)) == .milliseconds(1))
    #expect(try told(made(.nanoseconds(1)), after: .zero) == .nanoseconds(1))
    let odd = Duration(secondsComponent: 1, attosecondsComponent: 1)
    #expect(try told(made(odd), after: .zero) == odd)
  }

  @Test func `a call that has waited for more than a hundredth of it sends the remaining time`() throws {
    let deadline = made(.seconds(60))
    #expect(try told(deadline, after: .milliseconds(601)) == nil)
    #expect(try told(deadline, after: .seconds(60)) == nil)
    #expect(try told(deadline, after: .seconds(61)) == nil)
  }

  @Test func `an inherited deadline is sent as the remaining time, so that it does not grow`() throws {
    let inherited = Deadline.after(.seconds(60), now: now)
    #expect(try told(made(nil, inherited), after: .microseconds(3)) == nil)
    #expect(try told(made(.seconds(61), inherited), after: .microseconds(3)) == nil)
  }

  @Test func `a time-out of nothing or less has no time left`() throws {
    #expect(try told(made(.zero), after: .zero) == nil)
    #expect(try told(made(.seconds(-2)), after: .zero) == nil)
  }

  @Test func `a time-out beyond the clock's end is sent as given`() throws {
    let long = Duration.seconds(1 << 40)
    #expect(try told(made(long), after: .seconds(1)) == long)
  }
}
