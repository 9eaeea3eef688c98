// Schedules a server's TLS handshakes, which take long: their bytes wait for their turn in the loop's queue.
import NIOCore

/// Received handshake bytes.
enum HandshakeWait {
  /// Nothing is queued. → inLine
  case none
  /// Bytes queued for their turn; possibly the peer's last ones. → none
  case inLine(ByteBuffer, isPeerGone: Bool)
}

extension TransportConnection {
  /// How much may be queued before reading from the socket stops: more than a ClientHello.
  private static let maxWaitingBytes = 32 * 1024

  /// Queues bytes that may cost the loop a key exchange or a signature.
  /// - Returns: false for all others, which are to be processed at once.
  func linesUp(_ bytes: inout ByteBuffer) -> Bool {
    switch state.handshakeWait {
    case .inLine(var waiting, let isPeerGone):
      state.handshakeWait = .none
      waiting.writeBuffer(&bytes)
      state.handshakeWait = .inLine(waiting, isPeerGone: isPeerGone)
      if waiting.readableBytes > Self.maxWaitingBytes { pauseReading(true, for: .handshake) }
    case .none:
      guard records.mayCompute(on: bytes.readableBytesView.first) else { return false }
      state.handshakeWait = .inLine(bytes, isPeerGone: false)
      executor.lineUp(self)
    }
    return true
  }

  /// The peer has closed its side, or both.
  /// - Returns: whether it has bytes queued that may say why: an alert. A peer that was not answered yet is not worth a
  ///   key exchange.
  func waitsToEnd() -> Bool {
    guard case .inLine(let bytes, false) = state.handshakeWait, records.hasAnswered else { return false }
    state.handshakeWait = .inLine(bytes, isPeerGone: true)
    return true
  }

  /// Called when it is the connection's turn.
  func shakeHands() {
    guard case .inLine(var bytes, let isPeerGone) = state.handshakeWait else { return }
    state.handshakeWait = .none
    if bytes.readableBytes > Self.maxWaitingBytes { pauseReading(false, for: .handshake) }
    executor.forgetTime()
    // The peer may have ended its output alone.
    let isOpen = state.context?.channel.isActive == true
    receive(&bytes)
    if isOpen { finishReading() }
    if isPeerGone { endOfPeer(mayRead: isOpen) }
  }
}
