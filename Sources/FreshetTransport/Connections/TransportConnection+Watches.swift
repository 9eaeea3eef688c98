// Detects peers that do not read a full socket, or do not open a stream's window.
import FreshetCore
import FreshetHTTP
import NIOCore

extension TransportConnection {
  // MARK: Full sockets

  /// While the socket is full nothing is added, so any decrease shows that the peer reads.
  func watchWrites() {
    guard let context = state.context else { return }
    let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    let fullSockets = burdens[.fullSockets], limit = configuration.writeTimeout
    state.writeTimer = executor.schedule(in: limit) { [self] in
      writeTimerFired(waiting, fullSockets, limit)
    }
  }

  private func writeTimerFired(_ waiting: Int, _ fullSockets: Int, _ limit: Duration) {
    state.writeTimer = nil
    guard let context = state.context, state.phase.isReceiving, !context.channel.isWritable else { return }
    let left = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    if burdens[.fullSockets] != fullSockets || left < waiting { return watchWrites() }
    close(
      TransportError(
        .writeTimeout, "\(peer) took none of the \(left) bytes that wait for it within \(limit) (writeTimeout)"))
  }

  // MARK: Closed windows

  /// A reader may be slow: only a stream of which nothing was ever read is abandoned.
  func watchWindows() {
    if state.windowTimer != nil || state.memory.outboundBytes == 0 { return }
    state.windowTimer = executor.schedule(in: configuration.writeTimeout) { [self] in
      state.windowTimer = nil
      for stream in state.streams where stream.lookAtWindow() == .longUnopened {
        stream.reset(
          .cancel,
          error: RPCError(
            code: .cancelled, message: "\(peer) has opened no window for the stream's messages (writeTimeout)"))
        bear(.unreadStreams)
      }
      watchWindows()
    }
  }
}
