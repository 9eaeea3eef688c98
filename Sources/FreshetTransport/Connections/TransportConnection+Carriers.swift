// A connection's part for carriers in other modules.
package import NIOCore

extension TransportConnection {
  /// Whether bytes from the peer still matter.
  package final var isReceiving: Bool { state.isReceiving }

  /// The time limits and other settings of the connection.
  package final var limits: ConnectionConfiguration { configuration }

  /// The peer has shown what it speaks, so that its greeting is no longer waited for.
  package final func becomeReady() {
    guard case .becameReady = state.receiveSettings() else { return }
    timeout?.cancel()
    delegate?.connectionBecameReady(self)
  }

  /// A stream for a request that has come, with its call; nil once the connection has told its end.
  package final func makeStream() -> TransportStream? {
    guard let delegate else { return nil }
    let stream = delegate.connectionMakesStream(self)
    add(stream, keptWindowBytes: 0)
    return stream
  }

  /// Asks for `makeOutput`, at the end of this turn.
  package final func flushSoon() { scheduleFlush() }

  /// Adds handlers to the pipeline, behind the connection, for what it hands on.
  package final func add(behind handlers: [any ChannelHandler]) {
    do {
      try context?.pipeline.syncOperations.addHandlers(handlers, position: .after(self))
    } catch {
      close(TransportError(error))
    }
  }

  /// Gives bytes to the handlers behind.
  package final func handOn(_ bytes: ByteBuffer) { context?.fireChannelRead(wrapInboundOut(bytes)) }

  /// Lets the socket be read, or not for the time being.
  package final func readSocket(_ isRead: Bool) { pauseReading(!isRead, for: .carrier) }
}
