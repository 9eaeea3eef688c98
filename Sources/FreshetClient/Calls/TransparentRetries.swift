// Which ends of a stream allow to send its call again, unnoticed by the caller (gRFC A6, grpc-wire.md C6).
import FreshetHTTP

/// One call's account.
///
/// - What a server has seen and refused is sent once more: it may be overloaded.
/// - What never left this side may go on until it leaves, but not for ever: a server may say GOAWAY at each connection's
///   beginning.
/// - What a graceful GOAWAY leaves over goes on for as long as it takes, where gRFC A6 has one try: nginx says it after
///   every `keepalive_requests` requests, whatever is on its way by then. Such a request has not failed (RFC 9113 §8.7),
///   and this comes to an end: with each try the server takes other calls of this client.
struct TransparentRetries {
  private var refusalsLeft = 1
  private var unsentLeft = 10

  mutating func allow(after end: StreamEnd) -> Bool {
    switch end {
    case .unprocessed, .resetByPeer(.refusedStream): Self.take(from: &refusalsLeft)
    case .unsent: Self.take(from: &unsentLeft)
    case .leftOver: true
    case .ended, .resetByPeer, .resetByUs, .connectionLost: false
    }
  }

  private static func take(from left: inout Int) -> Bool {
    left -= 1
    return left >= 0
  }
}
