// The part of a connection for carriers in other modules.
package import NIOCore

extension TransportConnection {
  /// Whether input from the peer is still processed.
  package final var isReceiving: Bool { state.phase.isReceiving }

  /// The connection's time limits and other settings.
  package final var limits: ConnectionConfiguration { configuration }

  /// The peer's protocol is known, so the handshake time limit no longer applies.
  package final func becomeReady() {
    guard case .becameReady = state.phase.receiveSettings() else { return }
    state.timeout?.cancel()
    state.delegate?.connectionBecameReady(self)
  }

  /// A stream with a call for a new request; nil after the connection has reported its end.
  package final func makeStream() -> TransportStream? {
    guard let delegate = state.delegate else { return nil }
    let stream = delegate.connectionMakesStream(self)
    add(stream, keptWindowBytes: 0)
    return stream
  }

  /// Adds a stream for a request that this side sends.
  package final func carry(_ stream: TransportStream) { add(stream, keptWindowBytes: 0) }

  /// Schedules `makeOutput` for the end of this event-loop turn.
  package final func flushSoon() { scheduleFlush() }

  /// Adds handlers behind the connection in its pipeline.
  package final func add(behind handlers: [any ChannelHandler]) {
    do {
      try state.context?.pipeline.syncOperations.addHandlers(handlers, position: .after(self))
    } catch {
      close(TransportError(error))
    }
  }

  /// Passes bytes to the handlers behind the connection.
  package final func handOn(_ bytes: ByteBuffer) { state.context?.fireChannelRead(wrapInboundOut(bytes)) }

  /// Resumes or pauses reading of the socket.
  package final func readSocket(_ isRead: Bool) { pauseReading(!isRead, for: .carrier) }
}
