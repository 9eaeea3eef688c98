// `grpc.freshet.v1` in binary messages, each with its kind in the first byte (web.md W92).
import FreshetCore
import FreshetHTTP
import FreshetWebSocket
import NIOCore

struct FrameDialect: CallDialect {
  /// The first byte of a message.
  private enum Kind: UInt8 {
    case headers = 1
    case message = 2
    case compressedMessage = 3
    /// The client's end.
    case end = 4
    /// The server's.
    case trailers = 5
    case credit = 6
  }

  let kind = WebSocketMessageKind.binary

  func readHead(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> HeaderFields {
    let (kind, body) = try Self.split(kind, message)
    guard kind == .headers else { throw .dialect("the first message is of kind \(kind.rawValue), not HEADERS (1)") }
    return try GRPCWebTrailers.read(body.readableBytesView)
  }

  func read(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> CallItem {
    var (kind, body) = try Self.split(kind, message)
    switch kind {
    case .message: return .message(body, isCompressed: false)
    case .compressedMessage: return .message(body, isCompressed: true)
    case .end where body.readableBytes == 0: return .end
    case .end: throw .dialect("END (4) has \(body.readableBytes) bytes")
    case .credit:
      guard body.readableBytes == 4, let credit: UInt32 = body.readInteger(), credit > 0 else {
        throw .dialect("CREDIT (6) is not a number of four bytes above 0")
      }
      return .credit(credit)
    case .headers: throw .dialect("HEADERS (1) come again")
    case .trailers: throw .dialect("TRAILERS (5) are sent by servers only")
    }
  }

  private static func split(
    _ kind: WebSocketMessageKind, _ message: ByteBuffer
  ) throws(RPCError) -> (Kind, ByteBuffer) {
    guard kind == .binary else { throw .dialect("a text message among binary ones") }
    var body = message
    guard let first: UInt8 = body.readInteger() else { throw .dialect("an empty message, without its kind") }
    guard let kind = Kind(rawValue: first) else { throw .dialect("a message of the unknown kind \(first)") }
    return (kind, body)
  }

  func write(head fields: HeaderFields) -> ByteBuffer { fields.lines(behind: [Kind.headers.rawValue]) }

  func write(end fields: HeaderFields) -> ByteBuffer { fields.lines(behind: [Kind.trailers.rawValue]) }

  func write(framed message: consuming ByteBuffer) -> (ByteBuffer, room: Int) {
    let room = MessageFramer.prefixBytes - 1
    let isCompressed = message.getInteger(at: message.readerIndex, as: UInt8.self) == 1
    let kind = isCompressed ? Kind.compressedMessage : .message
    message.setInteger(kind.rawValue, at: message.readerIndex + room)
    return (message, room)
  }

  func write(credit: UInt32) -> ByteBuffer? {
    var buffer = ByteBuffer(bytes: [Kind.credit.rawValue])
    buffer.writeInteger(credit)
    return buffer
  }
}
