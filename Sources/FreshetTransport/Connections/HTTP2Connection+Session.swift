// Events of a connection's HTTP/2 session.
public import FreshetHTTP
public import FreshetHTTP2
public import NIOCore

extension HTTP2Connection: HTTP2SessionDelegate {
  public var now: NIODeadline { executor.loop.now }

  public func receiveBurden(_ burden: Burden) { state.delegate?.connectionIsBurdened(self, burden) }

  public func receiveNewStream() -> HTTPStream {
    guard let delegate = state.delegate else {
      preconditionFailure("a stream was opened on a connection that told its end")
    }
    let stream = delegate.connectionMakesStream(self)
    add(stream)
    return stream
  }

  public func receiveSettings() {
    guard case .becameReady = state.phase.receiveSettings() else {
      return state.delegate?.connectionMayHaveRoom(self) ?? ()
    }
    state.timeout?.cancel()
    watchPeer()
    watchIdleness()
    state.delegate?.connectionBecameReady(self)
  }

  public func receiveGoaway(lastStreamID: Int32, code: ErrorCode, debugData: String) {
    // nghttp2 sends no request after a GOAWAY, even if a notice still allows all of them, but would report the queued
    // ones only when a stream becomes free. Sent ones are left alone.
    if let session { for stream in state.streams { session.dropQueued(stream, session.endOfUnsent(stream.id)) } }
    let detail = debugData.isEmpty ? "" : ", “\(debugData)”"
    goAway(TransportError(.goaway(code, debugData: debugData), "\(peer) is going away (\(code)\(detail))"))
  }

  public func receivePingAck(_ payload: UInt64) {
    guard case .sendGoaway = http2.drain.receivePingAck(payload) else { return }
    session?.submitGoaway(.noError, reason: http2.idleWatch?.isOver == true ? "max_idle" : "")
    scheduleFlush()
  }
}
