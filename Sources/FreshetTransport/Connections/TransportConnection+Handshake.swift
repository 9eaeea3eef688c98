// A server's connection's part for TLS handshakes, which take long: their bytes wait for their place in the loop's line.
import NIOCore

/// What the peer has sent of its handshake.
enum HandshakeWait {
  /// Nothing that waits. → inLine
  case none
  /// Some bytes, for their turn in the loop's line; perhaps the last ones of the peer. → none
  case inLine(ByteBuffer, isPeerGone: Bool)
}

extension TransportConnection {
  /// As much may wait before the socket is not read for the time being: a ClientHello and more.
  private static let maxWaitingBytes = 32 * 1024

  /// Takes bytes that may cost the loop a key exchange or a signature into its line.
  /// - Returns: false for all others, which are to be worked through at once.
  func linesUp(_ bytes: inout ByteBuffer) -> Bool {
    switch handshakeWait {
    case .inLine(var waiting, let isPeerGone):
      handshakeWait = .none
      waiting.writeBuffer(&bytes)
      handshakeWait = .inLine(waiting, isPeerGone: isPeerGone)
      if waiting.readableBytes > Self.maxWaitingBytes { readsSocket(false) }
    case .none:
      guard records.mayCompute(on: bytes.readableBytesView.first) else { return false }
      handshakeWait = .inLine(bytes, isPeerGone: false)
      executor.lineUp(self)
    }
    return true
  }

  /// The peer has ended.
  /// - Returns: whether it has bytes in line that may say why: an alert. What it has not been answered at all is not worth
  ///   a key exchange.
  func waitsToEnd() -> Bool {
    guard case .inLine(let bytes, false) = handshakeWait, records.hasAnswered else { return false }
    handshakeWait = .inLine(bytes, isPeerGone: true)
    return true
  }

  /// The connection's turn in the line has come.
  func shakeHands() {
    guard case .inLine(var bytes, let isPeerGone) = handshakeWait else { return }
    handshakeWait = .none
    if bytes.readableBytes > Self.maxWaitingBytes { readsSocket(true) }
    executor.forgetTime()
    receive(&bytes)
    if isPeerGone { endOfPeer() } else { finishReading() }
  }

  private func readsSocket(_ isReading: Bool) {
    try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
  }
}
