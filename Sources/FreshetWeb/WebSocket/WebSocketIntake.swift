// How received messages reach their readers: whole, or in parts.
//
//   border ── a part, for messages ──▶ joining ── the last one ──▶ border
//     │                                   └── parts are wanted ──▶ reading
//     └────── a part, for parts ─────▶ reading ── the last one ──▶ border
import FreshetWebSocket
import NIOCore
import Synchronization

/// Where the readers of one WebSocket are. Any of them continues where the previous one stopped, also within a message.
/// Parts that were asked for by one reader may reach another that reads whole messages.
final class WebSocketIntake: Sendable {
  private enum Progress {
    /// Between messages. → joining, reading
    case border
    /// The beginning of a message that will be read whole. → border, reading
    case joining(WebSocketPart)
    /// Within a message whose parts are read, as many bytes as this so far. → border
    case reading(Int)
  }

  private struct State {
    /// Whether the loop was last asked for parts.
    var wantsParts = false
    var progress = Progress.border
  }

  /// A part, for a reader of whole messages.
  enum OnPart {
    /// The message is complete.
    case deliver(WebSocketPart)
    case wait
    /// The message exceeds the limit.
    case fail
  }

  private let state = Mutex(State())
  private let usesParts = Atomic(false)

  /// Whether all messages come whole, since no part was ever asked for.
  var isPlain: Bool { !usesParts.load(ordering: .relaxed) }

  /// - Returns: whether the form must be told.
  func want(parts: Bool) -> Bool {
    if parts { usesParts.store(true, ordering: .relaxed) }
    return state.withLock { state in
      defer { state.wantsParts = parts }
      return state.wantsParts != parts
    }
  }

  /// A message of which parts were read does not become a whole one: its rest is dropped.
  func join(_ part: WebSocketPart, maxBytes: Int) -> OnPart {
    state.withLock { state in
      switch state.progress {
      case .border:
        if part.isLast { return .deliver(part) }
        state.progress = .joining(part)
        return .wait
      case .joining(var message):
        state.progress = .border  // and `message` has its memory for itself
        if message.bytes.readableBytes + part.bytes.readableBytes > maxBytes { return .fail }
        message.bytes.writeImmutableBuffer(part.bytes)
        message.isLast = part.isLast
        if part.isLast { return .deliver(message) }
        state.progress = .joining(message)
        return .wait
      case .reading:
        if part.isLast { state.progress = .border }
        return .wait
      }
    }
  }

  /// What a reader of whole messages has left.
  func takeBeginning() -> WebSocketPart? {
    state.withLock { state in
      guard case .joining(let beginning) = state.progress else { return nil }
      state.progress = .reading(beginning.bytes.readableBytes)
      return beginning
    }
  }

  /// A reader of parts gets this one.
  /// - Returns: the size of the message, if it ends.
  func read(_ part: WebSocketPart) -> Int? {
    state.withLock { state in
      var count = part.bytes.readableBytes
      if case .reading(let before) = state.progress { count += before }
      state.progress = part.isLast ? .border : .reading(count)
      return part.isLast ? count : nil
    }
  }

  /// Whether a reader of whole messages has the beginning of one; for tests.
  var hasBeginning: Bool {
    state.withLock { state in
      if case .joining = state.progress { true } else { false }
    }
  }

  /// Whether only the beginning of a message was read.
  var isWithinMessage: Bool {
    state.withLock { state in
      if case .reading = state.progress { true } else { false }
    }
  }
}
