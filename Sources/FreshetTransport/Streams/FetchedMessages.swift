// Messages that a reader off its stream's loop has fetched and not taken yet.
import FreshetCore
import Synchronization

/// The rest of a batch. Kept in the stream and not by its reader, since any reader continues with it. The messages
/// count as unread until the next hop to the loop.
struct FetchedMessages: ~Copyable {
  // Not private: Swift 6.3 crashes where another file embeds it.
  struct State {
    /// The last one first.
    var messages: [MessageDeframer.Message]?
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Whether there may be messages: most readers need no lock.
  private let hasSome = Atomic(false)

  @inline(__always)
  func take() -> MessageDeframer.Message? { hasSome.load(ordering: .relaxed) ? takeLast() : nil }

  private func takeLast() -> MessageDeframer.Message? {
    state.withLock { state in
      let message = state.messages?.popLast()
      if state.messages?.isEmpty ?? true { hasSome.store(false, ordering: .relaxed) }
      return message
    }
  }

  /// - Returns: false if they were dropped, since nothing more is delivered.
  func keep(_ messages: [MessageDeframer.Message]) -> Bool {
    state.withLock { state in
      if state.isClosed { return false }
      state.messages = messages.reversed()
      hasSome.store(true, ordering: .relaxed)
      return true
    }
  }

  /// Drops all messages, and those fetched later.
  func close() {
    state.withLock { state in
      state.messages = nil
      state.isClosed = true
    }
  }
}
