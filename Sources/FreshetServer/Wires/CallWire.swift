// How a protocol carries calls in HTTP exchanges: how it encodes heads, messages and ends.
package import FreshetCore
package import FreshetHTTP
package import FreshetTransport
package import NIOCore

/// One protocol's wire format. One object serves all calls of the protocol, on any thread, so it holds no per-call
/// state.
///
/// The wire of a call is chosen when its head is first received, and remembered with the head (`RequestHead`). The code
/// of a call's life (collecting, handler, deadline, cancellation, limits) goes through its wire and knows no protocol.
///
/// The transport splits received bytes into messages (`MessageDeframer`), by the five-byte prefix that gRPC, gRPC-Web
/// and Connect's streams share. A wire whose requests have other framing has a `BodyFraming`.
package protocol CallWire: AnyObject, Sendable {
  /// What handlers are told of the protocol.
  var callProtocol: CallProtocol { get }
  /// The usual head of a response, without metadata and compression.
  var plainHead: HeaderFields { get }
  /// The end of a successful call without trailing metadata; nil if `ending` must be called.
  var plainEnd: HeaderFields? { get }
  /// The framing of messages in the body of a response.
  var framing: MessageFraming { get }
  /// Whether the only response of a method with one waits for the end of the call, since the head depends on that.
  /// Nothing is then sent before `ending`.
  var holdsResponse: Bool { get }

  /// Whether `bodyFraming` must be called for each request.
  var hasBodyFraming: Bool { get }
  /// The code of calls whose request cannot be decoded.
  var malformedRequestCode: Status.Code { get }

  /// Splits the body of a request into messages, where that is not in gRPC's framing.
  func bodyFraming(_ head: RequestHead) -> BodyFraming?

  /// The call's time-out if grpc-timeout was received. Time-outs in other fields are in the head.
  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration?

  /// Whether the client lists this compression, so that it may be used for messages to it.
  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool

  /// The request's own metadata: all fields except those of HTTP and the protocol.
  func metadata(in fields: HeaderFields) -> Metadata

  /// The message as it appears in the response's body; called if the framing is the wire's own.
  /// - Parameter encoded: the framing's free bytes, then the message.
  func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer

  /// The head of a response.
  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields

  /// The head of a held response without metadata and compression, whose body is the framed response; nil if `ending`
  /// must be called.
  func heldHead(bodyBytes: Int) -> HeaderFields?

  /// Encodes the end of a call.
  /// - Parameter maxHeaderBytes: the largest header list that the client accepts.
  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding
}

/// The framing of messages in a body.
package enum MessageFraming: Sendable {
  /// With the five-byte prefix of gRPC, gRPC-Web and Connect's streams (`MessageFramer`).
  case prefixed
  /// By `CallWire.frame`, which needs this many free bytes before an encoded message.
  case own(prefixBytes: Int)
}

/// Recognises requests of one or more protocols, and parses their heads.
package protocol RequestReader: AnyObject, Sendable {
  /// Parses a head that was not seen before.
  /// - Parameter timeout: the value of grpc-timeout, which is not part of the section.
  /// - Returns: the call, or the tunnel for one; nil if the request is in another protocol. Readers are called in the order of
  ///   `ServerConfiguration.readers`; a request that all of them leave goes to gRPC, which may answer that it is not gRPC.
  func readHead(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestReading?
}

extension CallWire {
  package var hasBodyFraming: Bool { false }
  package var malformedRequestCode: Status.Code { .internal }
  package func bodyFraming(_ head: RequestHead) -> BodyFraming? { nil }
  package func heldHead(bodyBytes: Int) -> HeaderFields? { nil }

  package func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer {
    try MessageFramer(compression: compression).frame(encoded, compressed: compression != nil)
  }
}

/// A request that does not become a call, with its response in the form of its protocol.
package struct CallRefusal: Error {
  package var status: Status
  /// Set for a request that is not a call of any protocol, and gets a plain HTTP response. The rest of such a request
  /// is checked for a while.
  package var httpStatus: Int?
  package var head: HeaderFields
  package var body: ByteBuffer?
  /// Whether observers are to know: not of a question about calls, which a browser asks before it sends one.
  package var isObserved: Bool

  package init(
    status: Status, httpStatus: Int? = nil, head: HeaderFields, body: ByteBuffer? = nil, isObserved: Bool = true
  ) {
    self.status = status
    self.httpStatus = httpStatus
    self.head = head
    self.body = body
    self.isObserved = isObserved
  }
}

/// The end of a call, independent of the protocol.
package struct CallEnd {
  package var status: Status
  package var details: [UInt8]?
  /// Metadata of a head that was not sent; nil if it was.
  package var initialMetadata: Metadata?
  package var trailingMetadata = Metadata()
  /// The framed response that was held (`CallWire.holdsResponse`), and the compression that its head announces.
  package var response: ByteBuffer?
  package var compression: Compression?

  package init(_ status: Status, details: [UInt8]? = nil, initialMetadata: Metadata?) {
    self.status = status
    self.details = details
    self.initialMetadata = initialMetadata
  }
}

/// The encoded end of a call.
package struct CallEnding {
  /// Set if no head was sent before. Without body and trailers it is the whole response.
  package var head: HeaderFields?
  package var body: ByteBuffer?
  package var trailers: HeaderFields?
  /// Whether the response is cut off, where nothing else says that it failed.
  package var isBroken = false
  /// The status actually sent, if the client's limit is too low for the original.
  package var status: Status
  /// What was lost from it.
  package var loss: String?

  package init(
    _ status: Status, head: HeaderFields? = nil, body: ByteBuffer? = nil, trailers: HeaderFields? = nil,
    loss: String? = nil
  ) {
    self.status = status
    self.head = head
    self.body = body
    self.trailers = trailers
    self.loss = loss
  }
}
