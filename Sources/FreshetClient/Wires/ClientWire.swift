// How a protocol other than gRPC carries a client's calls in HTTP exchanges.
package import FreshetCore
package import FreshetHTTP
package import FreshetTransport
package import NIOCore

/// One protocol's wire format at the client. One object serves all calls of a channel, on any thread, so it holds no
/// per-call state.
///
/// A channel without one speaks gRPC, whose calls only compare with nil. With one, calls differ in four places: the
/// head of the request, the frame of each request, the response's form, and where the status comes from.
package protocol ClientWire: AnyObject, Sendable {
  /// The head of a request.
  /// - Throws: `INTERNAL` for what HTTP cannot express.
  func requestHead(_ request: WireRequest) throws(RPCError) -> HeaderFields

  /// Whether the only message of such a method goes into the head if it fits.
  func prefersMessageInHead(_ kind: MethodKind, _ idempotency: Idempotency) -> Bool

  /// The head of a request without a body.
  /// - Parameter message: the body that it would have.
  /// - Returns: nil if the message does not fit.
  func requestHead(_ request: WireRequest, holding message: ByteBuffer) throws(RPCError) -> HeaderFields?

  /// The body's form of a request message.
  /// - Parameter frame: the message in gRPC's framing.
  func body(of frame: consuming ByteBuffer, _ kind: MethodKind) -> ByteBuffer

  /// Interprets the response to a request, which is sent now.
  func responseForm(_ request: WireRequest) -> any ResponseForm
}

/// What a channel speaks instead of gRPC over HTTP/2.
package protocol ChannelProtocols: Sendable {
  /// nil for gRPC.
  var wire: (any ClientWire)? { get }
  /// The protocols of connections, preferred first.
  /// - Throws: `TransportError.invalidSetting`.
  func carriers(isTLS: Bool) throws(TransportError) -> [Carrier]
}

/// Interprets one response: splits its body into messages, and finds the status. Confined to the stream's loop.
package protocol ResponseForm: BodyForm {
  /// The head of the response, which is no interim one.
  /// - Parameter endStream: whether there is no body.
  func receiveHead(_ fields: HeaderFields, endStream: Bool) -> ResponseStart

  /// The status of the call; after the body has ended, also if `take` or `finish` has thrown.
  func end() -> ResponseEnd
}

/// The meaning of a response's head.
package enum ResponseStart {
  /// A response with this metadata, whose messages use this compression.
  case begins(Metadata, Compression?)
  /// There is no initial metadata, and the end says everything.
  case endsOnly
  /// The response is none of this protocol, or cannot be read.
  case fails(RPCError)
}

/// How a response ended.
package struct ResponseEnd {
  /// nil for OK.
  package var error: RPCError?
  package var trailers: Metadata

  package init(error: RPCError?, trailers: Metadata) {
    self.error = error
    self.trailers = trailers
  }
}

/// Everything that the head of a request says.
package struct WireRequest: Sendable {
  /// `/package.Service/Method`.
  package let path: String
  package let kind: MethodKind
  package let idempotency: Idempotency
  /// The name of the messages' format.
  package let format: String
  package let authority: String
  package let scheme: String
  /// nil without a limit.
  package let timeout: Duration?
  /// The compression of the requests; that of a unary call's request only if it is in fact compressed.
  package let compression: Compression?
  /// What the server may use.
  package let compressions: CompressionRegistry
  package let metadata: Metadata
  package let maxReceiveMessageBytes: Int

  package init(
    path: String, kind: MethodKind, idempotency: Idempotency = .unknown, format: String,
    authority: String = "localhost",
    scheme: String = "http", timeout: Duration? = nil, compression: Compression? = nil,
    compressions: CompressionRegistry = .standard, metadata: Metadata = Metadata(), maxReceiveMessageBytes: Int
  ) {
    self.path = path
    self.kind = kind
    self.idempotency = idempotency
    self.format = format
    self.authority = authority
    self.scheme = scheme
    self.timeout = timeout
    self.compression = compression
    self.compressions = compressions
    self.metadata = metadata
    self.maxReceiveMessageBytes = maxReceiveMessageBytes
  }

  /// The value of `user-agent`.
  package var userAgent: String { RequestFields.userAgent(metadata) }
}
