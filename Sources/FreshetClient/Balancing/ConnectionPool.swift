// The connections of a subchannel whose protocol carries one call on each.
import FreshetTransport

/// Members are added when their socket begins to open. Confined to the connections' loop.
struct ConnectionPool {
  private enum Stage {
    /// The handshake is not over. → ready
    case opening
    /// → leaving
    case ready
    /// Takes no more calls, and is not closed yet.
    case leaving
  }

  private var stages: [ObjectIdentifier: Stage] = [:]
  /// All but closed ones, the last used last.
  private(set) var members: [TransportConnection] = []
  /// Sockets that are being opened.
  private(set) var attempts: [Connecting] = []
  /// Whether the last attempt has failed, so that no other begins until a connection has worked.
  private var hasFailed = false
  private let limit: Int

  /// - Parameters:
  ///   - first: is ready.
  ///   - limit: of members.
  init(_ first: TransportConnection, limit: Int) {
    self.limit = limit
    add(first, .ready)
  }

  /// Whether calls may be opened on a member, now or later.
  var servesCalls: Bool { !attempts.isEmpty || stages.values.contains { $0 != .leaving } }

  /// Whether nothing is left.
  var isEmpty: Bool { attempts.isEmpty && members.isEmpty }

  /// Whether another connection should be opened for this many waiting calls.
  func shouldGrow(for waitingCount: Int) -> Bool {
    let openingCount = attempts.count + stages.values.count { $0 == .opening }
    return !hasFailed && waitingCount > openingCount && attempts.count + members.count < limit
  }

  /// The member with room that was used last: the others may become idle, and close.
  var withRoom: TransportConnection? { members.last { stages[ObjectIdentifier($0)] == .ready && $0.hasRoom } }

  mutating func begin(_ attempt: Connecting) { attempts.append(attempt) }

  /// The attempt has a socket, or has failed.
  mutating func end(_ attempt: Connecting, hasFailed: Bool) {
    attempts.removeAll { $0 === attempt }
    if hasFailed { self.hasFailed = true }
  }

  mutating func opened(_ connection: TransportConnection) {
    // One that only determined the protocol has been replaced.
    for member in members where stages[ObjectIdentifier(member)] == .opening && !member.isReceiving { remove(member) }
    add(connection, .opening)
  }

  mutating func becameReady(_ connection: TransportConnection) {
    hasFailed = false
    stages[ObjectIdentifier(connection)] = .ready
  }

  /// The member's call has ended.
  mutating func used(_ connection: TransportConnection) {
    hasFailed = false
    guard let index = members.firstIndex(where: { $0 === connection }), index != members.count - 1 else { return }
    members.append(members.remove(at: index))
  }

  mutating func leaves(_ connection: TransportConnection) {
    guard let stage = stages[ObjectIdentifier(connection)] else { return }
    if stage == .opening { hasFailed = true }
    stages[ObjectIdentifier(connection)] = .leaving
  }

  mutating func remove(_ connection: TransportConnection) {
    if stages.removeValue(forKey: ObjectIdentifier(connection)) == .opening { hasFailed = true }
    members.removeAll { $0 === connection }
  }

  private mutating func add(_ connection: TransportConnection, _ stage: Stage) {
    stages[ObjectIdentifier(connection)] = stage
    members.append(connection)
  }
}
