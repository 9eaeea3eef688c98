// The state of a subchannel (grpc-channel.md R16, R26).
//
//   idle ─ connect ─▶ connecting ─ becomeReady ─▶ ready ─ leave ─▶ idle
//                      ▲     └─ leave ─▶ transientFailure ─┐
//                      └─────────────── connect ───────────┘
//   shutDown from every state
package import FreshetTransport

package enum SubchannelState {
  /// → connecting, shutDown
  case idle
  /// → ready, transientFailure, shutDown
  case connecting
  /// Takes calls. → idle, shutDown
  case ready
  /// The attempt to connect has failed with this error. → connecting, shutDown
  case transientFailure(TransportError)
  /// Final.
  case shutDown

  /// Whether an attempt begins.
  mutating func connect() -> Bool {
    switch self {
    case .idle, .transientFailure:
      self = .connecting
      return true
    case .connecting, .ready, .shutDown: return false
    }
  }

  /// The connection is established and has the server's SETTINGS.
  mutating func becomeReady() -> Bool {
    guard case .connecting = self else { return false }
    self = .ready
    return true
  }

  /// The attempt, or its connection, takes no more calls.
  mutating func leave(_ error: TransportError) -> Bool {
    switch self {
    case .connecting: self = .transientFailure(error)
    case .ready: self = .idle
    case .idle, .transientFailure, .shutDown: return false
    }
    return true
  }

  /// Whether it was not shut down before.
  mutating func shutDown() -> Bool {
    defer { self = .shutDown }
    if case .shutDown = self { return false }
    return true
  }
}
