// `grpc-websockets`, which old pages speak (web.md W90).
import FreshetCore
import FreshetHTTP
import FreshetWebSocket
import NIOCore

/// The server's messages are frames of gRPC-Web, and so are a client's behind their first byte, cut anywhere.
struct GRPCWebSocketsDialect: CallDialect {
  let kind = WebSocketMessageKind.binary

  func readHead(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> HeaderFields {
    guard kind == .binary else { throw .dialect("text messages are not part of grpc-websockets") }
    return try GRPCWebTrailers.read(message.readableBytesView)
  }

  func read(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> CallItem {
    guard kind == .binary else { throw .dialect("text messages are not part of grpc-websockets") }
    var bytes = message
    let first: UInt8? = bytes.readInteger()
    switch (first, bytes.readableBytes) {
    case (0, _): return .bytes(bytes)
    case (1, 0): return .end
    default: throw .dialect("a message begins neither with 0 nor is it the single byte 1")
    }
  }

  func write(head fields: HeaderFields) -> ByteBuffer { Self.frame(fields) }

  func write(end fields: HeaderFields) -> ByteBuffer { Self.frame(fields) }

  private static func frame(_ fields: HeaderFields) -> ByteBuffer {
    var frame = fields.lines(behind: [GRPCWebTrailers.flag, 0, 0, 0, 0])
    frame.setInteger(UInt32(frame.readableBytes - MessageFramer.prefixBytes), at: 1)
    return frame
  }

  func write(framed message: consuming ByteBuffer) -> (ByteBuffer, room: Int) { (message, 0) }

  func write(credit: UInt32) -> ByteBuffer? { nil }
}
