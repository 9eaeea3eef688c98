// A handler's view of its call, apart from the messages.
public import FreshetCore
package import FreshetHTTP
package import FreshetTransport
package import NIOCore
public import Logging
import Synchronization

/// The context of a call, for its handler and interceptors. May be used from any task while the call is running.
public struct ServerContext: Sendable {
  let call: ServerCall

  /// `/package.Service/Method`.
  public var method: String { call.method }

  /// The protocol of the call; gRPC without a call.
  public var `protocol`: CallProtocol { call.head?.wire.callProtocol ?? .grpc }

  /// Metadata sent by the client. An interceptor may change it for inner interceptors and the handler.
  public var metadata: Metadata {
    get { call.metadata }
    nonmutating set { call.metadata = newValue }
  }

  /// When the client stops waiting; nil if it has no deadline. The handler's task is cancelled then.
  public var deadline: Deadline? { call.deadline }

  /// The client's address in gRPC's notation, `ipv4:127.0.0.1:50051`; behind proxies, that of the last one.
  public var peer: String { call.peer }

  /// The client's verified certificate (DER), if TLS requested one.
  public var peerCertificateDER: [UInt8]? { call.peerCertificateDER }

  /// Sent before the first message, or with the status of a call without messages. A sequence that does not produce one
  /// at once does not delay it: it is sent when the handler has returned its sequence and that begins to wait. Later
  /// changes have no effect.
  public var responseMetadata: Metadata {
    get { call.shared.withLock { $0.metadata } }
    nonmutating set { call.shared.withLock { $0.metadata = newValue } }
  }

  /// Sent with the status.
  public var responseTrailers: Metadata {
    get { call.shared.withLock { $0.trailers } }
    nonmutating set { call.shared.withLock { $0.trailers = newValue } }
  }

  /// The compression of responses, initially the server's setting. Takes effect if set before the first message or the
  /// metadata is sent, and only for clients that accept it: others get the messages uncompressed.
  public var responseCompression: Compression? {
    get { call.responseCompression }
    nonmutating set { call.responseCompression = newValue }
  }

  /// Whether responses from here on are compressed with `responseCompression`. Set it to false before a message that
  /// would not shrink, or that mixes a secret with text chosen by a client.
  public var compressesResponses: Bool {
    get { call.shared.withLock { $0.compressesResponses } }
    nonmutating set { call.shared.withLock { $0.compressesResponses = newValue } }
  }

  /// How the client compresses its requests, if it does: `context.responseCompression = context.requestCompression`
  /// answers in kind.
  public var requestCompression: Compression? { call.head?.compression }

  /// Whether the client had compressed the last request read.
  public var lastRequestWasCompressed: Bool { call.shared.withLock { $0.lastRequestWasCompressed } }

  /// The request's fields, pseudo-headers included.
  package var requestFields: HeaderFields { call.head?.fields ?? HeaderFields() }

  package var wire: (any CallWire)? { call.head?.wire }

  /// The form of the call's body, if it goes both ways; set before the handler starts.
  package var duplexForm: (any DuplexForm)? { call.stream.duplexForm }

  /// Sends the head now, as the wire makes it. On any thread.
  package func sendHead() { call.stream.executor.run { self.call.sendHead() } }

  /// Queues a response that is encoded behind the room for its prefix, and is not compressed.
  /// - Returns: whether there is room for another one; if not, `waitForRoom` must follow.
  package func put(encoded: consuming ByteBuffer) throws(RPCError) -> Bool { try call.put(encoded: encoded) }

  /// Suspends while too much is queued; one task at a time.
  package func waitForRoom() async throws(RPCError) { try await call.stream.waitForRoom() }

  /// A message was read from the call's stream, rather than as a request: observers see it.
  package func noteRequest(bytes: Int) {
    guard let observation = call.observation else { return }
    call.note(request: ObservedMessage(bytes: bytes, isCompressed: false), observation)
  }

  /// A message was sent on the call's stream, rather than by `put`.
  package func noteResponse(bytes: Int) {
    guard let observation = call.observation else { return }
    call.note(responseOf: bytes, isCompressed: false, observation)
  }

  /// The call's stream, for output of the form's own.
  package var stream: TransportStream { call.stream }

  /// Replaces the head that the wire would make, if it is not sent yet.
  package func setResponseHead(_ fields: HeaderFields) {
    call.shared.withLock { shared in
      shared.ownHead = fields
      shared.settleHead(for: call.head)
    }
  }

  /// Sends `responseMetadata` now, before any message. No effect if it was sent.
  /// - Throws: `RPCError` when the metadata is invalid or the call is over; `RESOURCE_EXHAUSTED`, which the client also
  ///   gets, when the metadata exceeds the client's limit.
  public func sendInitialMetadata() async throws(RPCError) { try await call.sendInitialMetadata() }

  /// The call's identifier in logs: the client's `x-request-id`, if that has 1 to 128 printable characters, else one
  /// generated by the server.
  public var requestID: String { call.requestID }

  /// The server's logger, with the call's method and `requestID` as metadata.
  public var logger: Logger {
    var logger = call.options.logger
    logger[metadataKey: "method"] = "\(method)"
    logger[metadataKey: "request-id"] = "\(requestID)"
    return logger
  }

  /// Whether the server is draining, so that the call should finish: an endless one would otherwise take the whole
  /// `drainTimeout`.
  public var isDraining: Bool { call.isDraining }

  /// Returns when the server starts to drain, or when the task is cancelled.
  public func waitForDrain() async { await call.waitForDrain() }

  /// Whether the client has cancelled, the deadline has passed or the connection is lost.
  public var isCancelled: Bool { call.isCancelled }
}
