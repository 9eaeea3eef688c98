// A WebSocket as a protocol of calls: its handler is a conversation of messages.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// Made for one opening handshake, whose response is its head.
final class WebSocketWire: CallWire {
  let callProtocol = CallProtocol.webSocket
  let plainHead: HeaderFields
  let plainEnd: HeaderFields? = nil
  let framing = MessageFraming.own(prefixBytes: WebSocketForm.prefixBytes)
  let holdsResponse = false
  let hasBodyFraming = true
  let subprotocol: String?
  private let deflate: DeflateParameters?
  private let options: WebSocketOptions

  init(_ opening: ServerOpening, _ options: WebSocketOptions) {
    subprotocol = opening.choose(options.subprotocols)
    let accepted = opening.accept(subprotocol: subprotocol, deflate: options.compression)
    (plainHead, deflate) = (accepted.head.compact, accepted.deflate)
    self.options = options
  }

  func bodyFraming(_ head: RequestHead) -> BodyFraming? {
    let session = WebSocketSession(
      role: .server, limits: options.limits, deflate: deflate,
      minimumDeflatedBytes: options.compression?.minimumBytes ?? 0)
    return .duplex(WebSocketForm(session, options.times))
  }

  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    GRPCTimeout.parse(timeout)
  }

  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool { false }

  func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  /// `WebSocketForm` does it, on the loop.
  func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer { encoded }

  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    var head = plainHead
    head.append(webMetadata: metadata)
    return head
  }

  /// Before the head this is a refusal in HTTP, afterwards a close.
  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    guard end.initialMetadata != nil else {
      let close = WebSocketItem.close(CloseCode(end.status.code), reason: end.status.message)
      return CallEnding(end.status, body: close)
    }
    let body = WebRefusal.statusJSON(end.status)
    let head: HeaderFields = [
      ":status": "\(end.status.code.httpStatus)", "content-type": "application/json",
      "content-length": "\(body.readableBytes)",
    ]
    return CallEnding(end.status, head: head, body: body)
  }
}
