// Complete messages of a stream's body, as its form made them.
import DequeModule
import FreshetCore
import NIOCore

/// A queue without memory of its own while it holds at most one message, as most do.
struct ReadyMessages {
  private var first: MessageDeframer.Message?
  private var rest: Deque<MessageDeframer.Message> = []
  /// As if each had a prefix, and its mark in a byte.
  private(set) var byteCount = 0

  mutating func append(_ message: consuming MessageDeframer.Message) {
    byteCount &+= Self.bytes(of: message)
    if first == nil { first = message } else { rest.append(message) }
  }

  mutating func popFirst() -> MessageDeframer.Message? {
    guard let message = first.take() else { return nil }
    byteCount &-= Self.bytes(of: message)
    if !rest.isEmpty {
      first = rest.popFirst()
      if rest.isEmpty { rest = [] }
    }
    return message
  }

  private static func bytes(of message: MessageDeframer.Message) -> Int {
    MessageFramer.prefixBytes &+ 1 &+ message.payload.readableBytes
  }
}
