// A session's windows: returning bytes to them, and growing them.
import CNGHTTP2
public import FreshetHTTP
import NIOCore

extension HTTP2Session {
  // MARK: The connection's window

  /// Part of a DATA frame was received.
  @inline(__always)
  func receiveData(_ bytes: Int) {
    if state.windows.receiveData(bytes) { settle(state.windows.takePortion(now: delegate?.now ?? .now())) }
  }

  func receivePingAck(_ payload: UInt64) {
    guard payload == BandwidthEstimator.pingPayload else { return delegate?.receivePingAck(payload) ?? () }
    settle(state.windows.receivePingAck(now: delegate?.now ?? .now()))
  }

  private func settle(_ portion: WindowPolicy.Portion) {
    if let window = portion.newConnectionWindowBytes {
      nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(window))
    }
    nghttp2_session_consume_connection(session, portion.arrivedBytes)
    if portion.sendsPing { sendPing(BandwidthEstimator.pingPayload) }
  }

  // MARK: The streams' windows

  /// How many unread bytes of a stream the peer may send.
  public func windowBytes(of stream: HTTPStream) -> Int { state.windows.firstStreamWindowBytes + stream.grownBytes }

  /// Returns bytes of a stream to its window, after its consumer has read them. A WINDOW_UPDATE is sent once half of
  /// the window can be returned, or the window grows.
  /// - Returns: whether it grows.
  @discardableResult
  public func giveBack(_ bytes: Int, to stream: HTTPStream) -> Bool {
    let returned = min(bytes, stream.unreadBytes)
    guard returned > 0 else { return false }
    stream.addUnread(-returned)
    guard stream.state.isRemoteOpen else { return false }  // nothing more will arrive
    nghttp2_session_consume_stream(session, stream.id, returned)
    return state.windows.streamWindowBytes > windowBytes(of: stream) && grow(stream)
  }

  /// Only a reader that keeps up makes its window grow: otherwise only its unread data would grow.
  private func grow(_ stream: HTTPStream) -> Bool {
    let window = windowBytes(of: stream)
    if stream.unreadBytes > window / 4 { return false }
    let got = state.windowBudget.take(state.windows.streamWindowBytes - window, heldBytes: stream.grownBytes)
    if got == 0 { return false }
    stream.setGrown(stream.grownBytes + got)
    nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, Int32(window + got))
    return true
  }

  /// The stream is over.
  func giveBackWindow(of stream: HTTPStream) {
    if stream.grownBytes == 0 { return }
    state.windowBudget.giveBack(stream.grownBytes)
    stream.setGrown(0)
  }
}
