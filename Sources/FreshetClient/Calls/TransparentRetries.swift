// Which ends of a stream allow a transparent retry of its call (gRFC A6, grpc-wire.md C6).
import FreshetHTTP

/// The retry state of one call.
///
/// - A request that a server has seen and refused is retried once: the server may be overloaded.
/// - A request that was never sent may be retried until it is, but not forever: a server may send GOAWAY at the start
///   of each connection.
/// - A request left over by a graceful GOAWAY is retried without limit, where gRFC A6 allows one retry: nginx sends one
///   after every `keepalive_requests` requests, whatever is in flight by then. Such a request has not failed (RFC 9113
///   §8.7), and this terminates: with each retry the server takes other calls of this client.
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
