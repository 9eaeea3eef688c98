// What a session makes of a conversation's bytes, in one of several cuts.
import FreshetWebSocket
import Fuzzing
import NIOCore

/// A session that has read a conversation.
struct Reading {
  enum Cut { case whole, random, octets }

  /// An event, independent of where parts of messages begin.
  enum Seen: Equatable {
    case message(Conversation.Message)
    case ping
    case pong([UInt8])
    case closed(CloseFrame)
    case failed(WebSocketError)
  }

  private(set) var seen: [Seen] = []
  private(set) var output: [UInt8] = []
  private(set) var mostMemory = 0
  private(set) var ending = ""
  private var session: WebSocketSession
  /// Messages that are read, but not given back.
  private var unread: [ByteBuffer] = []
  /// The message of which parts came.
  private var partial: Conversation.Message?

  var messages: [Conversation.Message] {
    seen.compactMap { if case .message(let message) = $0 { message } else { nil } }
  }

  /// Whether a compressed message could not be restored.
  var isCorrupt: Bool {
    if case .failed(let error)? = seen.last { error.kind == .corruptCompression } else { false }
  }

  init(of conversation: Conversation, _ cut: Cut, _ random: inout Mutator) {
    session = WebSocketSession(
      role: conversation.role, limits: conversation.limits, deflate: conversation.deflate,
      keys: MaskKeys(Mutator(seed: 1, words: [])))
    session.deliversParts = conversation.deliversParts
    var rest = conversation.wire[...]
    while !rest.isEmpty {
      let count: Int
      switch cut {
      case .whole: count = rest.count
      case .octets: count = 1
      case .random: count = 1 + random.index(below: random.index(below: 3) == 0 ? 8 : 3000)
      }
      let piece = Array(rest.prefix(count))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
      take()
      while !unread.isEmpty, cut == .whole || !session.isReadWanted { giveBack() }
    }
    while !unread.isEmpty { giveBack() }
    if conversation.hasEnd {
      session.receiveEnd()
      take()
    }
    finish()
  }

  private mutating func giveBack() {
    session.giveBack(unread.removeFirst())
    take()
  }

  private mutating func take() {
    mostMemory = max(mostMemory, session.receivedCapacity)
    while let event = session.next() {
      switch event {
      case .message(let kind, let payload):
        seen.append(.message(.init(kind: kind, bytes: Array(payload.readableBytesView))))
        unread.append(payload)
      case .part(let kind, let payload, let isLast):
        var message = partial ?? .init(kind: kind, bytes: [])
        message.bytes += payload.readableBytesView
        unread.append(payload)
        partial = isLast ? nil : message
        if isLast { seen.append(.message(message)) }
      case .ping: seen.append(.ping)
      case .pong(let payload): seen.append(.pong(Array(payload.readableBytesView)))
      case .closed(let close): seen.append(.closed(close))
      case .failed(let error): seen.append(.failed(error))
      }
    }
  }

  private mutating func finish() {
    session.close()
    switch session.closeState {
    case .failed(let error): ending = "\(error.kind)"
    case .closed: ending = "closed"
    default: ending = "open"
    }
    var buffer = ByteBuffer()
    session.writeOutput(into: &buffer)
    output = Array(buffer.readableBytesView)
  }
}
