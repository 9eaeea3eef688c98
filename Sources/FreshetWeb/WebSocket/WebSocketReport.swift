// How a WebSocket fares, for any thread.
import FreshetWebSocket
import Synchronization

/// What is known of a WebSocket on any thread.
final class WebSocketReport: Sendable {
  struct State {
    /// The peer's.
    var code: CloseCode?
    var reason = ""
    var latency: Duration?
  }

  private let state = Mutex(State())
  private let closedHere = Atomic(false)

  var now: State { state.withLock { $0 } }

  /// Whether this side has closed, so that it sends nothing more.
  var isClosedHere: Bool { closedHere.load(ordering: .relaxed) }

  func closeHere() { closedHere.store(true, ordering: .relaxed) }

  /// The first end counts.
  func close(_ code: CloseCode, _ reason: String) {
    state.withLock { if $0.code == nil { ($0.code, $0.reason) = (code, reason) } }
  }

  func measure(_ latency: Duration) { state.withLock { $0.latency = latency } }
}
