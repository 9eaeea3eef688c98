// The socket of an attempt to connect, for cancelling it.
import NIOCore

/// An attempt to open a socket. Confined to its loop.
package final class Connecting {
  private enum State {
    /// → connecting, cancelled, ended
    case begun
    /// → cancelled, ended
    case connecting(any Channel)
    /// Final.
    case cancelled
    /// Final: the attempt has succeeded or failed.
    case ended
  }

  private var state = State.begun

  package init() {}

  /// Cancels the attempt: its socket is closed as soon as it exists, and its completion gets the resulting error. Does
  /// nothing once the connection is established.
  package func cancel() {
    switch state {
    case .begun: state = .cancelled
    case .connecting(let socket):
      state = .cancelled
      socket.close(promise: nil)
    case .cancelled, .ended: break
    }
  }

  /// Adds a socket that begins to connect.
  /// - Throws: `TransportError` if the attempt was cancelled.
  func add(_ socket: any Channel) throws {
    switch state {
    case .begun: state = .connecting(socket)
    case .cancelled: throw TransportError(.closedByUs, "the attempt to connect was given up")
    case .connecting, .ended: preconditionFailure("an attempt to connect has one socket, and makes none after its end")
    }
  }

  /// Whether the attempt has succeeded or failed.
  package var isOver: Bool {
    if case .ended = state { true } else { false }
  }

  /// The attempt has ended.
  func end() { state = .ended }
}
