// gRPC-Web's answers, whose trailers are the last frame of the body (web.md W14–W18).
package import FreshetCore
package import FreshetHTTP
package import FreshetServer
package import FreshetTransport
package import NIOCore

/// gRPC-Web, binary or text, with messages of one format.
package final class GRPCWebWire: CallWire {
  private let isText: Bool
  private let head: AnswerHead
  /// The trailers of a successful call without metadata.
  private let plainTrailers: ByteBuffer
  package var callProtocol: CallProtocol { isText ? .grpcWebText : .grpcWeb }
  package var plainHead: HeaderFields { head.plain }
  package let plainEnd: HeaderFields? = nil
  package let framing: MessageFraming
  package let holdsResponse = false
  package var hasBodyFraming: Bool { isText }

  init(mediaType: String, isText: Bool, _ cors: CORSAnswer) {
    self.isText = isText
    head = AnswerHead(mediaType: mediaType, encodingField: "grpc-encoding", cors)
    let trailers = GRPCWebTrailers.frame(.ok)
    plainTrailers = isText ? Base64Runs.encode(trailers) : trailers
    framing = isText ? .own(prefixBytes: MessageFramer.prefixBytes) : .prefixed
  }

  package func bodyFraming(_ head: RequestHead) -> BodyFraming? { isText ? .other(TextBody()) : nil }

  package func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    if let duration = GRPCTimeout.parse(timeout) { return duration }
    let status = Status(code: .internal, message: "grpc-timeout is malformed")
    throw CallRefusal(status: status, head: plainHead, body: written(GRPCWebTrailers.frame(status)))
  }

  package func accepts(_ compression: Compression, _ head: RequestHead) -> Bool {
    AcceptedEncodings(head.fields, in: "grpc-accept-encoding").accepts(compression.name)
  }

  package func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  package func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer {
    written(try MessageFramer(compression: compression).frame(encoded, compressed: compression != nil))
  }

  package func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    head.with(metadata, compression: compression)
  }

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    let isPlain = end.status == .ok && end.details == nil && end.trailingMetadata.isEmpty
    let trailers =
      isPlain
      ? plainTrailers
      : written(GRPCWebTrailers.frame(end.status, details: end.details, metadata: end.trailingMetadata))
    return CallEnding(end.status, head: end.initialMetadata.map { self.head.with($0) }, body: trailers)
  }

  private func written(_ frame: ByteBuffer) -> ByteBuffer { isText ? Base64Runs.encode(frame) : frame }
}

/// A body in text mode.
private final class TextBody: BodyForm {
  private var runs = Base64Runs()
  let heldBytes = 0

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    try runs.decode(bytes, into: &framed)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) { try runs.finish(into: &framed) }
}
