// Detects peers that stop within a header block, that are silent, or that have no calls.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore

/// The timers retain the connection, and `close` cancels them: a weak reference would make each retain of a connection,
/// of which every call has a dozen, three times as slow.
extension HTTP2Connection {
  // MARK: Unfinished header blocks

  /// A complete block ends the timer; one that follows it in the same read gets a new one.
  func watchHeaders() {
    guard let session, state.phase.isReceiving, session.isReceivingHeaders else {
      http2.headerTimer?.cancel()
      http2.headerTimer = nil
      return
    }
    if http2.headerTimer != nil { return }
    let block = session.headerBlockCount, limit = configuration.headerTimeout
    http2.headerTimer = executor.schedule(in: limit) { [self] in
      headerTimerFired(block, limit)
    }
  }

  private func headerTimerFired(_ block: Int, _ limit: Duration) {
    http2.headerTimer = nil
    guard let session, state.phase.isReceiving, session.isReceivingHeaders else { return }
    if session.headerBlockCount != block { return watchHeaders() }
    session.bear(.openHeaders)
    session.terminate(.enhanceYourCalm)
    fail(TransportError(.headerTimeout, "\(peer) left a header block open for \(limit) (headerTimeout)"))
  }

  // MARK: Silent peers

  func watchPeer() {
    guard let configuration = configuration.keepalive else { return }
    let keepalive = Keepalive(configuration, now: executor.loop.now)
    http2.keepalive = keepalive
    checkPeer(at: keepalive.firstCheck)
  }

  private func checkPeer(at time: NIODeadline) {
    http2.keepaliveTimer = executor.schedule(at: time) { [self] in checkPeer() }
  }

  private func checkPeer() {
    switch http2.keepalive?.timerFired(now: executor.loop.now, hasCalls: !state.streams.isEmpty) {
    case .check(let next): checkPeer(at: next)
    case .sendPing(let next):
      session?.sendPing(Keepalive.pingPayload)
      scheduleFlush()
      checkPeer(at: next)
    case .peerIsGone: close(TransportError(.keepaliveTimeout, "\(peer) did not answer a PING in time (keepalive)"))
    case nil: break
    }
  }

  // MARK: Idle connections

  func watchIdleness() {
    guard let limit = configuration.idleTimeout, let session, session.role == .server else { return }
    let watch = IdleWatch(
      limit: TimeAmount(limit), now: executor.loop.now, lastStreamID: session.lastClientStreamID)
    http2.idleWatch = watch
    checkIdleness(at: watch.firstCheck)
  }

  private func checkIdleness(at time: NIODeadline) {
    http2.idleTimer = executor.schedule(at: time) { [self] in checkIdleness() }
  }

  private func checkIdleness() {
    guard let session, state.phase.isReceiving else { return }
    let action = http2.idleWatch?.timerFired(
      now: executor.loop.now, hasCalls: !state.streams.isEmpty, lastStreamID: session.lastClientStreamID)
    switch action {
    case .check(let next): checkIdleness(at: next)
    case .drain: drainAndClose()
    case nil: break
    }
  }
}
