// Decides which log lines are written when there are many of one kind, or from one peer.
import FreshetHTTP
import NIOCore

/// Lines that clients can provoke at will.
enum LogKind: String, CaseIterable {
  case givenUp = "connection given up"
  case strained = "a client strains its connection"
  case failed = "connection failed"
  case handlerFailed = "a handler failed"
  case callOfHandlerFailed = "a call of a handler failed"
  case responseLost = "a response was lost: it was sent after the handler had ended"
  case metadataLost = "metadata was not sent"
  case statusCut = "a status was truncated"
}

/// Counts lines. Pure: the time is passed in. Its memory is bounded: peers beyond `maxPeers` replace the least recently
/// seen ones, and then only the bound of the kind applies.
struct LogQuota {
  /// A peer's lines of one kind: ten at once, then one in ten seconds.
  private static let peerBurst = 10, peerCost = 10
  /// All lines of one kind: a hundred at once, then ten a second.
  private static let kindBurst = 100, kindPerSecond = 10
  static let maxPeers = 256
  /// How long lines are suppressed before their number is logged.
  static let summaryDelay = Duration.seconds(10)

  private struct Key: Hashable {
    var kind: LogKind
    var peer: String
  }

  private struct Peer {
    var bucket: TokenBucket
    var lastUse: UInt64
  }

  private var kinds: [LogKind: TokenBucket] = [:]
  private var peers: [Key: Peer] = [:]
  private var useCount: UInt64 = 0
  private var left: [LogKind: Int] = [:]

  var peerCount: Int { peers.count }

  enum Answer: Equatable {
    case write
    /// The line is counted instead; the number is to be logged after `summaryDelay`.
    case leaveOut
    /// Like `leaveOut`, but the number is already going to be logged.
    case leaveOutToo
  }

  /// - Parameter peer: its address, without the port; nil counts by the kind only.
  mutating func take(_ kind: LogKind, peer: String?, now: NIODeadline) -> Answer {
    if peer.map({ takePeer(Key(kind: kind, peer: $0), now) }) ?? true, takeKind(kind, now) { return .write }
    let isFirst = left.isEmpty
    left[kind, default: 0] += 1
    return isFirst ? .leaveOut : .leaveOutToo
  }

  /// How many lines were suppressed since the last call.
  mutating func takeLeftOut() -> [(kind: LogKind, count: Int)] {
    defer { left = [:] }
    return LogKind.allCases.compactMap { kind in left[kind].map { (kind, $0) } }
  }

  private mutating func takePeer(_ key: Key, _ now: NIODeadline) -> Bool {
    useCount += 1
    if peers[key] == nil, peers.count == Self.maxPeers,
      let oldest = peers.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      peers[oldest.key] = nil
    }
    var peer = peers[key] ?? Peer(bucket: TokenBucket(burst: Self.peerBurst * Self.peerCost, perSecond: 1), lastUse: 0)
    peer.lastUse = useCount
    defer { peers[key] = peer }
    return peer.bucket.tokens(at: now) >= Self.peerCost && peer.bucket.take(Self.peerCost, now: now)
  }

  private mutating func takeKind(_ kind: LogKind, _ now: NIODeadline) -> Bool {
    kinds[kind, default: TokenBucket(burst: Self.kindBurst, perSecond: Self.kindPerSecond)].take(1, now: now)
  }
}
