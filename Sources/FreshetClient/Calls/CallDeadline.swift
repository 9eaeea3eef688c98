// When a call at the client has to be over, and what the server is told of that.
import FreshetCore
import NIOCore

/// The earlier of the call's own time-out and the deadline that it inherits.
struct CallDeadline {
  let deadline: Deadline
  /// The application's time-out; nil when the deadline is inherited.
  private let own: Own?

  private struct Own {
    let timeout: Duration
    let nanoseconds: UInt64
  }

  /// Reads the clock only for a time-out.
  init?(timeout: Duration?, inherited: Deadline?, now: @autoclosure () -> NIODeadline = .now()) {
    if let timeout {
      let now = now(), deadline = Deadline.after(timeout, now: now)
      if deadline <= inherited ?? deadline {
        self.deadline = deadline
        let begin = Deadline(now)
        own =
          begin < deadline
          ? Own(timeout: timeout, nanoseconds: deadline.uptimeNanoseconds - begin.uptimeNanoseconds) : nil
        return
      }
    }
    guard let inherited else { return nil }
    (deadline, own) = (inherited, nil)
  }

  /// The application's time-out, if that is what the server shall be told: calls of the same time-out then have the same
  /// head, which is made, and compressed by HPACK, once. The server may so take a hundredth longer than this side, which
  /// ends the call in time.
  ///
  /// nil when it is the time that remains: the call has waited for its connection, or it has inherited the deadline, and
  /// what is handed on from server to server must not grow.
  func timeoutAsGiven(now: NIODeadline) -> Duration? {
    guard let own, now.uptimeNanoseconds <= deadline.uptimeNanoseconds else { return nil }
    let rest = deadline.uptimeNanoseconds - now.uptimeNanoseconds
    return own.nanoseconds <= rest + own.nanoseconds / 100 ? own.timeout : nil
  }
}
