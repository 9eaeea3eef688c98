// How a protocol carries calls in HTTP exchanges: what a head says, how messages are framed, and how a call ends.
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// One protocol's wire format. One object serves all calls that speak it, on any thread, so it holds no state of a call.
///
/// The wire of a call is chosen when its head comes for the first time, and the head remembers it (`RequestHead`). The life of
/// a call (collecting, handler, deadline, cancellation, limits) asks its wire and knows no protocol.
///
/// Received bytes are cut into messages by the transport (`MessageDeframer`), by the five-byte prefix that gRPC, gRPC-Web and
/// Connect's streams share. A wire that needs another cutting will say so here.
package protocol CallWire: AnyObject, Sendable {
  /// The head of a response without metadata and compression, which most responses have.
  var plainHead: HeaderFields { get }
  /// What ends a call that went well and has no trailing metadata; nil if `ending` has to be asked.
  var plainEnd: HeaderFields? { get }
  /// How messages are put into the body of a response.
  var framing: MessageFraming { get }
  /// Whether the one response of a method that gives one waits for the end of the call, since the head depends on that. Then
  /// nothing is sent before `ending`.
  var holdsResponse: Bool { get }

  /// Whether the request is one of this protocol's. Asked in the order of `ServerConfiguration.wires`; what none of them takes is
  /// gRPC's, or gets its answer to strangers.
  func takes(_ section: HeaderSection) -> Bool

  /// Reads a head that has not come before.
  /// - Parameter timeout: the value of grpc-timeout, which is no part of the section.
  func readHead(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestHead

  /// The time that the client gives the call, where grpc-timeout came. What other fields say is in the head.
  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration?

  /// Whether the client lists this compression, and so may be sent messages made with it.
  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool

  /// The request's own metadata: all fields but those of HTTP and of the protocol.
  func metadata(in fields: HeaderFields) -> Metadata

  /// The message as it goes into the response's body; asked where the framing is the wire's own.
  /// - Parameter encoded: the framing's free bytes, then the message.
  func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer

  /// The head of a response.
  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields

  /// How the end of a call is written.
  /// - Parameter maxHeaderBytes: the largest header list that the client takes.
  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding
}

/// How messages are put into a body.
package enum MessageFraming: Sendable {
  /// With the five-byte prefix of gRPC, gRPC-Web and Connect's streams (`MessageFramer`).
  case prefixed
  /// By `CallWire.frame`, which wants so many free bytes before an encoded message.
  case own(prefixBytes: Int)
}

extension CallWire {
  package func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer {
    try MessageFramer(compression: compression).frame(encoded, compressed: compression != nil)
  }
}

/// A request that does not become a call, and its answer in the form of its protocol.
package struct CallRefusal: Error {
  package var status: Status
  /// Set for what is no call of any protocol, and is answered in HTTP's terms alone. The rest of such a request is listened to for
  /// a while.
  package var httpStatus: Int?
  package var head: HeaderFields
  package var body: ByteBuffer?

  package init(status: Status, httpStatus: Int? = nil, head: HeaderFields, body: ByteBuffer? = nil) {
    self.status = status
    self.httpStatus = httpStatus
    self.head = head
    self.body = body
  }
}

/// The end of a call, in no protocol's terms.
package struct CallEnd {
  package var status: Status
  package var details: [UInt8]?
  /// Metadata of a head that was not sent; nil if it was.
  package var initialMetadata: Metadata?
  package var trailingMetadata = Metadata()
  /// The framed response that was held (`CallWire.holdsResponse`), and what its head is to announce.
  package var response: ByteBuffer?
  package var compression: Compression?

  package init(_ status: Status, details: [UInt8]? = nil, initialMetadata: Metadata?) {
    self.status = status
    self.details = details
    self.initialMetadata = initialMetadata
  }
}

/// The end of a call, written.
package struct CallEnding {
  /// Set if no head was sent before. With neither body nor trailers it is the whole answer.
  package var head: HeaderFields?
  package var body: ByteBuffer?
  package var trailers: HeaderFields?
  /// What is sent, where the client takes too little for what there was.
  package var status: Status
  /// What was lost of it.
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
