// The end of a connection: graceful, through the peer's fault, or immediate.
import FreshetHTTP
import NIOCore

extension TransportConnection {
  /// The carrier is done: flush, tell the peer, and give it a moment to read before the socket closes. Closing at once
  /// with unread bytes would make TCP reset the connection and lose what was sent last.
  func finish() {
    records.close()
    flushAndClose(
      violation ?? TransportError(.closedByUs, "the connection was closed"), isPeerAtFault: violation != nil)
  }

  private func flushAndClose(_ error: TransportError, isPeerAtFault: Bool) {
    guard let context = state.context else { return close(error) }
    guard case .closeAfterFlush = state.phase.finish(error) else { return }
    goAway(error)
    closeStreams(error)
    records.flush(to: context)
    let promise = executor.loop.makePromise(of: Void.self)
    let loopBound = NIOLoopBound(self, eventLoop: executor.loop)
    promise.futureResult.whenComplete { _ in loopBound.value.linger(error) }
    // A peer that broke a rule gets no longer to read its last bytes; any other peer gets as long as a slow link may
    // need.
    closeLater(error, after: isPeerAtFault ? configuration.lingerTimeout : configuration.flushTimeout)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
  }

  /// Everything was passed to the socket: tells the peer, and waits for it to close.
  private func linger(_ error: TransportError) {
    guard case .flushing = state.phase else { return }
    state.context?.close(mode: .output, promise: nil)
    closeLater(error, after: configuration.lingerTimeout)
  }

  private func closeLater(_ error: TransportError, after time: Duration) {
    state.timeout?.cancel()
    state.timeout = executor.schedule(in: time) { [self] in close(error) }
  }

  /// A broken handshake or session: pending output tells the peer why, as far as possible.
  func fail(_ error: TransportError) {
    if let context = state.context { try? writePending(context) }
    flushAndClose(error, isPeerAtFault: true)
  }

  /// Tells the owner, once, that no new streams are taken.
  func goAway(_ error: TransportError) {
    assert(executor.isCurrent)
    if state.isGoingAway { return }
    state.isGoingAway = true
    state.delegate?.connectionIsGoingAway(self, error)
  }

  /// Closes the socket at once; open streams end as lost.
  public func close(_ error: TransportError) {
    assert(executor.isCurrent)
    guard case .tell(let error) = state.phase.close(error) else { return }
    for timer in [state.timeout, state.writeTimer, state.windowTimer] { timer?.cancel() }
    if state.timeout != nil { executor.connectionClosed() }
    state.handshakeWait = .none
    closeStreams(error)
    forgetMemory()
    detach()
    let delegate = state.delegate
    state.delegate = nil
    state.context?.close(promise: nil)
    delegate?.connectionClosed(self, error)
  }

  /// Another connection takes over the socket and the delegate.
  func retire() {
    guard case .tell = state.phase.close(TransportError(.closedByUs, "another connection took its place")) else {
      return
    }
    state.timeout?.cancel()
    state.writeTimer?.cancel()
    if state.timeout != nil { executor.connectionClosed() }
    state.delegate = nil
    state.context = nil
  }

  private func closeStreams(_ error: TransportError) {
    while let stream = state.streams.last {
      let end = abandon(stream)
      stream.noteEnd(end)
      stream.close(end, connectionError: error)
    }
  }

  /// Closes once pending output, including the streams' last responses, was written; streams that are still open then
  /// end as lost.
  public func closeSoon() {
    assert(executor.isCurrent)
    // A peer that has stopped reading must not keep the server from stopping.
    let error = TransportError(.closedByUs, "the peer did not take the last bytes")
    defer { if !state.phase.isClosed { closeLater(error, after: configuration.lingerTimeout) } }
    guard state.phase.isReceiving else { return }
    flush()
    sayLastWord()
    scheduleFlush()
  }
}
