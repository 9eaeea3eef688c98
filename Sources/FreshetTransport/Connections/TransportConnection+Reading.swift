// A connection's part for not reading its socket for the time being.
import NIOCore

/// Why a socket is not read. It is read again when no reason is left.
struct ReadPauses: OptionSet {
  let rawValue: UInt8

  /// The handshake waits for its turn.
  static let handshake = ReadPauses(rawValue: 1)
  /// There is too much in memory.
  static let memory = ReadPauses(rawValue: 2)
  /// The carrier has no use for more.
  static let carrier = ReadPauses(rawValue: 4)
}

extension TransportConnection {
  func pauseReading(_ isPaused: Bool, for reason: ReadPauses) {
    let before = state.readPauses
    if isPaused { state.readPauses.insert(reason) } else { state.readPauses.remove(reason) }
    if before.isEmpty == state.readPauses.isEmpty { return }
    try? state.context?.channel.syncOptions?.setOption(.autoRead, value: state.readPauses.isEmpty)
  }
}
