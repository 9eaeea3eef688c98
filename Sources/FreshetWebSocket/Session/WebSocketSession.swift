// A WebSocket without its connection: bytes in, events out; messages in, bytes out.
import FreshetHTTP
import NIOCore

/// The whole protocol of one side of a WebSocket, whatever carries its bytes: an HTTP/1.1 connection after its 101, or an
/// HTTP/2 stream (RFC 8441). Pure: it has no clock, no loop and no I/O. Confined to its carrier's loop.
///
/// **Reading.** `receive` takes the bytes of a read, `receiveEnd` the end of the connection, `giveBack` a message that was
/// read. After each of them, and after `close`, take events with `next` until that is nil:
///
/// ```text
/// session.receive(bytes, now: loop.now)
/// while let event = session.next() {
///   switch event {
///   case .message(let kind, let payload): inbox.append(kind, payload)   // session.giveBack(payload) once it is read
///   case .part(let kind, let payload, let isLast): …                    // only if session.deliversParts
///   case .ping: break                                                   // its pong is among the output
///   case .pong(let payload): …
///   case .closed(let close): inbox.end(close)                           // then session.close(), see below
///   case .failed(let error): inbox.fail(error)                          // likewise
///   }
/// }
/// if session.hasOutput { flushSoon() }
/// readSocket(session.isReadWanted)
/// ```
///
/// While `isReadWanted` is false (`maxUnreadBytes`), the carrier does not read the socket, or does not return the window;
/// what it passes nevertheless waits here as bytes.
///
/// **Writing.** `send`, `sendPart`, `ping` and `close` queue frames, and `receive` queues pongs. When the carrier can write, it
/// takes `outputBytes` or fewer by `writeOutput`, which copies (and masks) payloads for the first time. Pongs and pings
/// precede queued messages. `outputBytes` above 64 KiB is the sign for `send` to wait.
///
/// **Ending.** After `closed` or `failed` nothing more is received. The carrier calls `close` when the application is done with
/// what came before: when its handler has read up to there or has returned, or after 5 s. So an echo of the last message
/// precedes the close. `close` then answers with the peer's code, or tells the peer its fault; otherwise it sends what it is
/// given. Nothing is sent after it. `ending` says what becomes of the connection once the output is written.
package struct WebSocketSession {
  /// What the carrier does with the connection once all output is written.
  package enum Ending: Sendable, Hashable {
    /// It goes on.
    case none
    /// This side has closed: it waits for the peer's close, at most 5 s, and then for what follows it.
    case awaitsClose
    /// Both have closed, and the server ends the connection first (W72): the client waits for that, at most 5 s.
    case awaitsEnd
    /// The connection ends: its FIN, or the stream's END_STREAM.
    case end
  }

  /// What a message counts as unread besides its bytes: about the memory of its place in queues.
  package static let messageOverhead = 64

  package let role: WebSocketRole
  package let limits: WebSocketLimits
  /// What was agreed on about compression, if anything.
  package let deflate: DeflateParameters?

  package internal(set) var closeState = CloseState.open
  /// How many bytes of messages are unread.
  package internal(set) var unreadBytes = 0
  /// How many bytes wait at the carrier, which has given their messages back: they count as unread, too.
  package var carrierUnreadBytes = 0
  /// How many pings, pongs and empty frames came.
  package internal(set) var controlFrames = 0
  package internal(set) var emptyFrames = 0

  var parser: FrameParser
  var assembler: MessageAssembler
  /// The head of the frame whose payload is arriving.
  var frame: FrameHead?
  /// The payload of a control frame.
  var control: [UInt8] = []
  var events = EventQueue()
  /// Received bytes that wait until messages were read, and whether the connection's end follows them.
  var held = ByteBuffer()
  var isEndHeld = false
  var budget: TokenBucket
  var now = NIODeadline.uptimeNanoseconds(0)

  var queue = SendQueue()
  var keys: MaskKeys
  let deflater: MessageDeflater?
  let minimumDeflatedBytes: Int
  /// The message that is being sent in parts.
  var outgoing: Outgoing?

  /// - Parameters:
  ///   - limits: checked by `validate`.
  ///   - deflate: what was agreed on; nil for no compression.
  ///   - minimumDeflatedBytes: shorter messages are not compressed.
  ///   - pool: the loop's compressors, used without context takeover.
  package init(
    role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), deflate: DeflateParameters? = nil,
    minimumDeflatedBytes: Int = 0, pool: DeflaterPool? = nil, keys: MaskKeys = MaskKeys()
  ) {
    self.role = role
    self.limits = limits
    self.deflate = deflate
    self.keys = keys
    self.minimumDeflatedBytes = minimumDeflatedBytes
    parser = FrameParser(role: role, allowsCompression: deflate != nil)
    budget = TokenBucket(burst: limits.frameBurst, perSecond: limits.framesPerSecond)
    assembler = MessageAssembler(
      limits,
      inflater: deflate.map {
        MessageInflater(windowBits: $0.windowBits(role.peer), takesContextOver: $0.takesContextOver(role.peer))
      })
    // zlib cannot keep to a window of 256 bytes; messages may always be sent as they are.
    deflater = deflate.flatMap {
      $0.windowBits(role) < 9
        ? nil
        : MessageDeflater(
          windowBits: $0.windowBits(role), takesContextOver: $0.takesContextOver(role), pool: pool ?? DeflaterPool())
    }
  }

  /// The memory of received bytes; for tests.
  package var receivedCapacity: Int { assembler.capacityBytes + held.capacity }

  /// What becomes of the connection.
  package var ending: Ending {
    switch closeState {
    case .open, .answering, .failing: .none
    case .closing: .awaitsClose
    case .closed: role == .server ? .end : .awaitsEnd
    case .failed: .end
    }
  }
}
