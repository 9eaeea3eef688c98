// Plain HTTP as a protocol of calls: a route is a method with streams of bytes in both directions, so that limits,
// deadlines, back-pressure, interceptors, observers and draining are those of calls.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport
import NIOCore

final class PlainWire: CallWire {
  private let cors: CORSAnswer
  private let isHEAD: Bool
  let callProtocol = CallProtocol.http
  let plainHead: HeaderFields = [":status": "200"]
  let plainEnd: HeaderFields? = nil
  let framing = MessageFraming.own(prefixBytes: 0)
  let holdsResponse = false
  let hasBodyFraming = true

  init(isHEAD: Bool, _ cors: CORSAnswer) {
    self.isHEAD = isHEAD
    self.cors = cors
  }

  func bodyFraming(_ head: RequestHead) -> BodyFraming? { .other(PlainBody()) }

  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    GRPCTimeout.parse(timeout)
  }

  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool { false }

  func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer { encoded }

  /// A head of the handler's own, which is all that responses have.
  func complete(_ head: HeaderFields, _ metadata: Metadata) -> HeaderFields {
    var head = head
    head.append(webMetadata: metadata)
    return cors.complete(head)
  }

  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields { complete(plainHead, metadata) }

  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    if end.status.code == .ok {
      return CallEnding(end.status, head: end.initialMetadata.map { complete(plainHead, $0) })
    }
    guard let metadata = end.initialMetadata else {
      var ending = CallEnding(end.status)
      ending.isBroken = true
      return ending
    }
    let body = WebRefusal.statusJSON(end.status)
    let head: HeaderFields = [
      ":status": "\(end.status.code.httpStatus)", "content-type": "application/json",
      "content-length": "\(body.readableBytes)",
    ]
    return CallEnding(end.status, head: complete(head, metadata), body: isHEAD ? nil : body)
  }
}

/// Each part of a body is a message.
private final class PlainBody: BodyForm {
  let heldBytes = 0

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    if bytes.isEmpty { return }
    framed.writeInteger(UInt8(0))
    framed.writeInteger(UInt32(bytes.count))
    framed.writeBytes(bytes)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {}
}

/// Parts of bodies as they are.
struct PlainCodec: Codec {
  let contentSubtype = "bytes"

  func encode(_ message: ByteBuffer, reservingPrefix prefixBytes: Int) throws -> ByteBuffer { message }
  func decode(_ bytes: ByteBuffer) throws -> ByteBuffer { bytes }
}
