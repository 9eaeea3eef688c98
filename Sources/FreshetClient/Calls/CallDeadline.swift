// The deadline of a client's call, and the time-out sent to the server.
import FreshetCore
import NIOCore

/// The earlier of the call's own time-out and its inherited deadline.
struct CallDeadline {
  let deadline: Deadline
  /// The application's time-out; nil when the deadline is inherited.
  private let own: Own?

  private struct Own {
    let timeout: Duration
    let nanoseconds: UInt64
  }

  /// Reads the clock only if there is a time-out.
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

  /// The application's time-out, if that can be sent to the server: calls with the same time-out then share one head,
  /// which is built, and compressed by HPACK, once. The server may then take a hundredth longer than this side, which
  /// ends the call in time.
  ///
  /// nil if the remaining time must be sent: the call has waited for its connection, or it inherited the deadline,
  /// which must not grow from server to server.
  func timeoutAsGiven(now: NIODeadline) -> Duration? {
    guard let own, now.uptimeNanoseconds <= deadline.uptimeNanoseconds else { return nil }
    let rest = deadline.uptimeNanoseconds - now.uptimeNanoseconds
    return own.nanoseconds <= rest + own.nanoseconds / 100 ? own.timeout : nil
  }
}
