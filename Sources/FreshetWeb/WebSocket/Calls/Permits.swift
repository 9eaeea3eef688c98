// Which messages a client has permitted, and those that wait for it.
import DequeModule
import FreshetHTTP
import NIOCore

/// Credits of a client (web.md W94): off until the first, afterwards one for each message. Pure.
struct Permits {
  private var count: UInt64?
  private var withheld: Deque<ByteBuffer> = []
  private var end: HeaderFields?
  private(set) var withheldBytes = 0

  mutating func add(_ credit: UInt32) { count = (count ?? 0) + UInt64(credit) }

  /// - Returns: whether a message may be sent now, which is counted.
  mutating func take() -> Bool {
    if !withheld.isEmpty { return false }
    guard let left = count else { return true }
    if left == 0 { return false }
    count = left - 1
    return true
  }

  mutating func withhold(_ message: ByteBuffer) {
    withheldBytes += message.readableBytes
    withheld.append(message)
  }

  /// The next withheld message that is permitted, which is counted.
  mutating func next() -> ByteBuffer? {
    guard let left = count, left > 0, let message = withheld.popFirst() else { return nil }
    count = left - 1
    withheldBytes -= message.readableBytes
    return message
  }

  /// - Returns: whether the end has to wait for messages; then it is kept.
  mutating func withholds(end: HeaderFields) -> Bool {
    if withheld.isEmpty { return false }
    self.end = end
    return true
  }

  /// The end, once nothing is before it.
  mutating func takeEnd() -> HeaderFields? { withheld.isEmpty ? end.take() : nil }

  mutating func dropAll() { self = Permits() }
}
