// What a call has sent so far, for a retry if its server never processed it (gRFC A6, grpc-wire.md C6).
import NIOCore

/// The first frames of a stream, as long as they are few: shared with the outbound queue, not copied.
struct ReplayBuffer {
  /// Beyond this a stream cannot be replayed.
  private static let maxBytes = 256 * 1024

  private enum State {
    /// All frames are kept. → released
    case keeping(first: ByteBuffer?, rest: [ByteBuffer], byteCount: Int)
    /// The server has answered, or too much was sent.
    case released
  }

  private var state: State

  init(keeps: Bool) { state = keeps ? .keeping(first: nil, rest: [], byteCount: 0) : .released }

  mutating func append(_ frame: ByteBuffer) {
    if case .keeping(first: nil, _, _) = state {
      // A single message of any size: it is already in memory, and its caller waits for the response.
      state = .keeping(first: frame, rest: [], byteCount: frame.readableBytes)
      return
    }
    guard case .keeping(let first, var rest, let byteCount) = state else { return }
    state = .released  // releases the array, so that it grows in place
    if byteCount + frame.readableBytes > Self.maxBytes { return }
    rest.append(frame)
    state = .keeping(first: first, rest: rest, byteCount: byteCount + frame.readableBytes)
  }

  mutating func release() { state = .released }

  /// - Returns: all frames that were sent, in order; nil if they were not kept.
  var frames: [ByteBuffer]? {
    guard case .keeping(let first, let rest, _) = state else { return nil }
    return first.map { [$0] + rest } ?? []
  }
}
