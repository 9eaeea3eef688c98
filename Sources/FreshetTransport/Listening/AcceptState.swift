// How a listener reacts when its socket cannot accept: when to retry, when to open a new socket, when to give up.
//
//   accepting ─ failed ─▶ failing ─ accepted ─▶ recovering ─ quietTimeHasPassed ─▶ accepting
//                         │     ▲──── failed ────────┘
//                         └─ failed, the socket was lost too often ─▶ (the listener's end)
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is at fault when accepting fails.
enum AcceptFault {
  /// The connection at the head of the backlog, according to accept(2): EPROTO, ENETDOWN, ECONNABORTED, a firewall's
  /// EPERM, and any unknown error. The next one may be fine.
  case connection
  /// This process or its system, which is out of descriptors or memory.
  case resources
  /// The socket, which is no longer listening.
  case socket

  init(_ error: any Error) {
    switch (error as? IOError)?.errnoCode {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: self = .resources
    case EINVAL, EBADF, ENOTSOCK: self = .socket
    default: self = .connection
    }
  }
}

/// Whether a listener accepts.
enum AcceptState {
  /// → failing
  case accepting
  /// Nothing was accepted since an error. → recovering
  case failing(Episode, Streak)
  /// Something was accepted; whether that lasts remains to be seen, since each closed connection makes room for just
  /// one. → accepting, failing
  case recovering(Episode)

  /// From the first error until accepting works for `quietTime`.
  struct Episode {
    let start: NIODeadline
    var failures = 0
    var isTold = false
  }

  /// Consecutive errors without a connection.
  struct Streak {
    var failures = 0
    var lostSockets = 0
  }

  enum OnFailure: Equatable {
    /// Retry.
    case retry(Retry)
    /// The socket was lost too often.
    case giveUp
  }

  struct Retry: Equatable {
    /// How long to wait first.
    var pause: TimeAmount
    /// Whether to open a new socket.
    var opensSocket = false
    /// Whether to report that accepting fails: once per episode, and not while single connections may be at fault.
    var isTold: Bool
  }

  /// How many consecutive failures may be blamed on the connections.
  static let freeFailures = 16
  /// How many sockets in a row may be lost.
  static let maxLostSockets = 5
  /// How long accepting must work before that is reported.
  static let quietTime = TimeAmount.seconds(5)
  private static let firstPause = TimeAmount.milliseconds(10)
  private static let longestPause = TimeAmount.seconds(1)

  mutating func failed(_ fault: AcceptFault, now: NIODeadline) -> OnFailure {
    var (episode, streak) =
      switch self {
      case .accepting: (Episode(start: now), Streak())
      case .failing(let episode, let streak): (episode, streak)
      case .recovering(let episode): (episode, Streak())
      }
    let pause = Self.pause(afterFailures: streak.failures - fault.freeFailures)
    episode.failures += 1
    streak.failures += 1
    if fault == .socket { streak.lostSockets += 1 }
    let isTold = !episode.isTold && (pause > .zero || fault != .connection)
    episode.isTold = episode.isTold || isTold
    self = .failing(episode, streak)
    if streak.lostSockets > Self.maxLostSockets { return .giveUp }
    return .retry(Retry(pause: pause, opensSocket: fault == .socket, isTold: isTold))
  }

  /// 10 ms, then twice as long each time, up to a second.
  private static func pause(afterFailures count: Int) -> TimeAmount {
    count < 0 ? .zero : min(firstPause * (1 << min(count, 7)), longestPause)
  }

  enum OnAccept: Equatable {
    /// Check after `quietTime` whether it lasts.
    case watch
    case ignore
  }

  mutating func accepted() -> OnAccept {
    guard case .failing(let episode, _) = self else { return .ignore }
    self = .recovering(episode)
    return .watch
  }

  enum OnQuietTime: Equatable {
    /// Accepting, which was reported to fail, works again.
    case tell(failures: Int, after: TimeAmount)
    case ignore
  }

  /// `quietTime` has passed since `accepted`, without an error.
  mutating func quietTimeHasPassed(now: NIODeadline) -> OnQuietTime {
    guard case .recovering(let episode) = self else { return .ignore }
    self = .accepting
    return episode.isTold ? .tell(failures: episode.failures, after: now - episode.start) : .ignore
  }
}

extension AcceptFault {
  /// How many consecutive failures cause no pause.
  fileprivate var freeFailures: Int {
    switch self {
    case .connection: AcceptState.freeFailures
    case .resources: 0
    case .socket: 1
    }
  }
}
