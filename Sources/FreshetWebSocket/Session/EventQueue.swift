// The events of a read, until the carrier takes them.
import NIOCore

/// What was parsed, in order. Messages in shared memory are only made buffers when they are taken: writing to memory
/// that a buffer shares would copy it.
struct EventQueue {
  enum Queued {
    case message(WebSocketMessageKind, MessageAssembler.Assembled)
    case part(WebSocketMessageKind, MessageAssembler.Assembled, isLast: Bool)
    case event(WebSocketEvent)
  }

  private var queued: [Queued] = []
  private var next = 0
  private static let mostKept = 64

  var isEmpty: Bool { next == queued.count }

  mutating func append(_ event: Queued) { queued.append(event) }

  mutating func popFirst() -> Queued? {
    if isEmpty { return nil }
    let event = queued[next]
    next &+= 1
    if next == queued.count {
      next = 0
      if queued.capacity > Self.mostKept { queued = [] } else { queued.removeAll(keepingCapacity: true) }
    }
    return event
  }
}
