// What a listener does when its socket cannot accept: when it tries again, when it opens a new socket, when it gives up.
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
  /// The connection at the head of the queue, says accept(2): EPROTO, ENETDOWN, ECONNABORTED, EPERM of a firewall, and
  /// whatever else is unknown. The next one may be well.
  case connection
  /// This process or its system, which has no descriptors or no memory left.
  case resources
  /// The socket, which does not listen any more.
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
  /// Something was; whether that lasts is to be seen, since each connection that ends makes room for just one. → accepting,
  /// failing
  case recovering(Episode)

  /// From the first error until accepting works for `quietTime`.
  struct Episode {
    let start: NIODeadline
    var failures = 0
    var isTold = false
  }

  /// Errors with no connection between.
  struct Streak {
    var failures = 0
    var lostSockets = 0
  }

  enum OnFailure: Equatable {
    /// Try again.
    case retry(Retry)
    /// The socket was lost again and again.
    case giveUp
  }

  struct Retry: Equatable {
    /// How long to wait before.
    var pause: TimeAmount
    /// Whether by a new socket.
    var opensSocket = false
    /// Whether to say that accepting fails: once an episode, and not while single connections alone may be at fault.
    var isTold: Bool
  }

  /// How many connections in a row may fail before it is not for them that accepting fails.
  static let freeFailures = 16
  /// How many sockets in a row may be lost.
  static let maxLostSockets = 5
  /// How long accepting has to work until that is said.
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
    /// See after `quietTime` whether it lasts.
    case watch
    case ignore
  }

  mutating func accepted() -> OnAccept {
    guard case .failing(let episode, _) = self else { return .ignore }
    self = .recovering(episode)
    return .watch
  }

  enum OnQuietTime: Equatable {
    /// Accepting, which was told to fail, works again.
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
  /// How many in a row cost no pause.
  fileprivate var freeFailures: Int {
    switch self {
    case .connection: AcceptState.freeFailures
    case .resources: 0
    case .socket: 1
    }
  }
}
