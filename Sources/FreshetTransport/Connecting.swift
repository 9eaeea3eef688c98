// The sockets of an attempt to connect, so that it can be given up.
import NIOCore

/// An attempt to open a connection. Confined to its loop.
public final class Connecting {
  private var sockets: [any Channel] = []
  private var isCancelled = false

  public init() {}

  /// Gives the attempt up: every socket that it has or still makes is closed at once, and its completion gets the error
  /// of that. Does nothing to a connection that was made.
  public func cancel() {
    isCancelled = true
    for socket in sockets { socket.close(promise: nil) }
    sockets = []
  }

  /// A socket that begins to connect.
  /// - Throws: `TransportError` when the attempt was given up.
  func add(_ socket: any Channel) throws {
    if isCancelled { throw TransportError(.closedByUs, "the attempt to connect was given up") }
    sockets.append(socket)
  }

  /// The attempt has come to its end.
  func end() { sockets = [] }
}
