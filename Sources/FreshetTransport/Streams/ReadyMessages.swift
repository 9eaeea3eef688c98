// Complete messages of a stream's body, as its form made them.
import DequeModule
import FreshetCore
import NIOCore

/// A queue that allocates nothing while it holds at most one message, as most do. An object, since most streams have none.
final class ReadyMessages {
  private var first: MessageDeframer.Message?
  private var rest: Deque<MessageDeframer.Message> = []
  /// As if each had a prefix, and its mark in a byte.
  private(set) var byteCount = 0

  func append(_ message: consuming MessageDeframer.Message) {
    byteCount &+= Self.bytes(of: message)
    if first == nil { first = message } else { rest.append(message) }
  }

  func popFirst() -> MessageDeframer.Message? {
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
