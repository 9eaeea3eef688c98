// Connect's unary calls: the body is the bare message, and the status is that of HTTP (web.md W28–W36).
package import FreshetCore
package import FreshetHTTP
package import FreshetServer
package import FreshetTransport
package import NIOCore

/// Connect's unary calls with messages of one format, by POST, GET or HEAD.
package final class ConnectUnaryWire: CallWire {
  private let mediaType: String
  /// What the server can decompress, as an accept list.
  private let compressions: String
  /// The request of a GET.
  private let query: ConnectQuery?
  private let isHEAD: Bool
  private let cors: CORSAnswer
  package var callProtocol: CallProtocol { query == nil ? .connect : .connectGET }
  package let plainHead: HeaderFields
  package let plainEnd: HeaderFields? = nil
  package let framing = MessageFraming.own(prefixBytes: 0)
  package let holdsResponse = true
  package let hasBodyForm = true
  package let malformedRequestCode = Status.Code.invalidArgument

  init(
    mediaType: String, compressions: String, query: ConnectQuery? = nil, isHEAD: Bool = false, _ cors: CORSAnswer
  ) {
    self.cors = cors
    self.mediaType = mediaType
    self.compressions = compressions
    self.query = query
    self.isHEAD = isHEAD
    plainHead = [":status": "200", "content-type": mediaType]
  }

  package func bodyForm(_ head: RequestHead, maxMessageBytes: Int) -> (any BodyForm)? {
    let isCompressed = head.compression != nil
    if let query { return QueryBody(query.message, isCompressed: isCompressed) }
    return BareBody(isCompressed: isCompressed, maxBytes: maxMessageBytes)
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

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    let isOK = end.status.code == .ok
    var head = HeaderFields(), body: ByteBuffer
    if isOK {
      body = end.response ?? ByteBuffer()
      head = plainHead
      if let compression = end.compression { head.append("content-encoding", compression.name) }
    } else {
      body = ConnectError(end.status, details: end.details).json
      head = [":status": "\(end.status.code.httpStatus)", "content-type": "application/json"]
    }
    head.append("content-length", "\(body.readableBytes)")
    head.append("accept-encoding", compressions)
    if query != nil { head.append("vary", "accept-encoding") }
    if let initial = end.initialMetadata { head.append(webMetadata: initial) }
    head.append(connectTrailers: end.trailingMetadata)
    return CallEnding(end.status, head: cors.complete(head), body: isHEAD ? nil : body)
  }
}

/// A body that is one message.
private final class BareBody: BodyForm {
  private let isCompressed: Bool
  private let maxBytes: Int
  private var body = ByteBuffer()

  init(isCompressed: Bool, maxBytes: Int) {
    self.isCompressed = isCompressed
    self.maxBytes = maxBytes
  }

  var heldBytes: Int { body.readableBytes }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    guard body.readableBytes + bytes.count <= maxBytes else {
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of more than \(maxBytes) bytes exceeds the limit (maxReceiveMessageBytes)")
    }
    body.writeBytes(bytes)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {
    // What is empty is never compressed.
    framed.writeMessage(body, isCompressed: isCompressed && body.readableBytes > 0)
    body = ByteBuffer()
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
  fileprivate mutating func writeMessage(_ message: ByteBuffer, isCompressed: Bool) {
    writeInteger(UInt8(isCompressed ? 1 : 0))
    writeInteger(UInt32(message.readableBytes))
    writeImmutableBuffer(message)
  }
}
