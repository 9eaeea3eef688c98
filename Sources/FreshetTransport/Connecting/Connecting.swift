// The socket of an attempt to connect, so that it can be given up.
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
    /// Final: the connection was made, or could not be.
    case ended
  }

  private var state = State.begun

  package init() {}

  /// Gives the attempt up: a socket that it has or still makes is closed at once, and its completion gets the error of
  /// that. Does nothing to a connection that was made.
  package func cancel() {
    switch state {
    case .begun: state = .cancelled
    case .connecting(let socket):
      state = .cancelled
      socket.close(promise: nil)
    case .cancelled, .ended: break
    }
  }

  /// A socket that begins to connect.
  /// - Throws: `TransportError` when the attempt was given up.
  func add(_ socket: any Channel) throws {
    switch state {
    case .begun: state = .connecting(socket)
    case .cancelled: throw TransportError(.closedByUs, "the attempt to connect was given up")
    case .connecting, .ended: preconditionFailure("an attempt to connect has one socket, and makes none after its end")
    }
  }

  /// The attempt has come to its end.
  func end() { state = .ended }
}
