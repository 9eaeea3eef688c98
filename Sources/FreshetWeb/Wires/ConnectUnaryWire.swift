// Connect's unary calls: the body is the bare message, and the status is that of HTTP (web.md W28–W36).
package import FreshetCore
package import FreshetHTTP
package import FreshetServer
package import FreshetTransport
package import NIOCore

/// Connect's unary calls with messages of one format, by POST, GET or HEAD.
package final class ConnectUnaryWire: CallWire {
  /// What the server can decompress, as an accept list.
  private let compressions: String
  /// The request of a GET.
  private let query: ConnectQuery?
  private let isHEAD: Bool
  private let cors: CORSAnswer
  package var callProtocol: CallProtocol { query == nil ? .connect : .connectGET }
  package let plainHead: HeaderFields
  /// Of successful responses: what `plainHead` has, and what does not depend on the call.
  private let successHead: HeaderFields
  package let plainEnd: HeaderFields? = nil
  package let framing = MessageFraming.own(prefixBytes: 0)
  package let holdsResponse = true
  package let hasBodyFraming = true
  package let malformedRequestCode = Status.Code.invalidArgument

  init(
    mediaType: String, compressions: String, query: ConnectQuery? = nil, isHEAD: Bool = false, _ cors: CORSAnswer
  ) {
    self.cors = cors
    self.compressions = compressions
    self.query = query
    self.isHEAD = isHEAD
    plainHead = [":status": "200", "content-type": mediaType]
    var success = plainHead
    success.append("accept-encoding", compressions)
    if query != nil { success.append("vary", "accept-encoding") }
    successHead = success
  }

  package func bodyFraming(_ head: RequestHead) -> BodyFraming? {
    let isCompressed = head.compression != nil
    if let query { return .other(QueryBody(query.message, isCompressed: isCompressed)) }
    return .whole(isCompressed: isCompressed)
  }

  package func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    head.timeout  // grpc-timeout means nothing here
  }

  package func accepts(_ compression: Compression, _ head: RequestHead) -> Bool {
    AcceptedEncodings(head.fields, in: "accept-encoding")
      .accepts(compression.name, requestEncoding: head.compression?.name)
  }

  package func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  package func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer {
    guard let compression else { return encoded }
    return try compression.compress(encoded)
  }

  /// Not sent: the answer waits for the end of the call (`holdsResponse`).
  package func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields { plainHead }

  package func heldHead(bodyBytes: Int) -> HeaderFields? {
    if isHEAD || !cors.isOff { return nil }
    var head = successHead
    head.append("content-length", decimal: bodyBytes)
    return head
  }

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    let isOK = end.status.code == .ok
    let body = isOK ? end.response ?? ByteBuffer() : ConnectError(end.status, details: end.details).json
    var head = isOK ? successHead : failureHead(end.status.code)
    if isOK, let compression = end.compression { head.append("content-encoding", compression.name) }
    head.append("content-length", decimal: body.readableBytes)
    if let initial = end.initialMetadata, !initial.isEmpty { head.append(webMetadata: initial) }
    if !end.trailingMetadata.isEmpty { head.append(connectTrailers: end.trailingMetadata) }
    return CallEnding(end.status, head: cors.complete(head), body: isHEAD ? nil : body)
  }

  private func failureHead(_ code: Status.Code) -> HeaderFields {
    var head: HeaderFields = [":status": "\(code.httpStatus)", "content-type": "application/json"]
    head.append("accept-encoding", compressions)
    if query != nil { head.append("vary", "accept-encoding") }
    return head
  }
}

/// The message of a GET, whose body says nothing.
private final class QueryBody: BodyForm {
  private let message: [UInt8]
  private let isCompressed: Bool
  let heldBytes = 0

  init(_ message: [UInt8], isCompressed: Bool) {
    self.message = message
    self.isCompressed = isCompressed
  }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    if !bytes.isEmpty { throw RPCError(code: .invalidArgument, message: "a GET request has no body") }
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {
    framed.writeMessage(ByteBuffer(bytes: message), isCompressed: isCompressed && !message.isEmpty)
  }
}

extension ByteBuffer {
  /// A message in gRPC's framing.
  mutating func writeMessage(_ message: ByteBuffer, isCompressed: Bool) {
    writeInteger(UInt8(isCompressed ? 1 : 0))
    writeInteger(UInt32(message.readableBytes))
    writeImmutableBuffer(message)
  }
}
