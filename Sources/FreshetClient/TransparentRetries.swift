// Which ends of a stream allow to send its call again, unnoticed by the caller (gRFC A6, grpc-wire.md C6).
import FreshetHTTP2

/// One call's account. What a server has seen and refused is sent once more; what never left this side may go on until
/// it leaves, but not for ever.
struct TransparentRetries {
  private var refusalsLeft = 1
  private var unsentLeft = 10

  mutating func allow(after end: StreamEnd) -> Bool {
    switch end {
    case .unprocessed, .resetByPeer(.refusedStream): Self.take(from: &refusalsLeft)
    case .unsent: Self.take(from: &unsentLeft)
    case .ended, .resetByPeer, .resetByUs, .connectionLost: false
    }
  }

  private static func take(from left: inout Int) -> Bool {
    left -= 1
    return left >= 0
  }
}
