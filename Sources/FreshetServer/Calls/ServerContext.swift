// What a handler knows of its call besides the messages.
public import FreshetCore
public import Logging
import Synchronization

/// The context of a call, for its handler and interceptors. May be used from any task, as long as the call runs.
public struct ServerContext: Sendable {
  let call: ServerCall

  /// `/package.Service/Method`.
  public var method: String { call.method }

  /// What the client sent along with the call. An interceptor may change it for those inside of it and for the handler.
  public var metadata: Metadata {
    get { call.metadata }
    nonmutating set { call.metadata = newValue }
  }

  /// When the client stops waiting; nil if it never does. The handler's task is cancelled then.
  public var deadline: Deadline? { call.deadline }

  /// The client's address in gRPC's notation, `ipv4:127.0.0.1:50051`; of the last hop where proxies are between.
  public var peer: String { call.peer }

  /// The client's certificate (DER), if TLS asked for one and it was verified.
  public var peerCertificateDER: [UInt8]? { call.peerCertificateDER }

  /// Sent before the first message, or with the status of a call that has none. A sequence that makes nothing at once does
  /// not delay it: it leaves when the handler has returned its sequence and that begins to wait for something. Changes after
  /// that have no effect.
  public var responseMetadata: Metadata {
    get { call.shared.withLock { $0.metadata } }
    nonmutating set { call.shared.withLock { $0.metadata = newValue } }
  }

  /// Sent behind the status.
  public var responseTrailers: Metadata {
    get { call.shared.withLock { $0.trailers } }
    nonmutating set { call.shared.withLock { $0.trailers = newValue } }
  }

  /// What responses are compressed with; the server's configuration says what it is at first. Counts if it is set
  /// before the first message or the metadata is sent, and only for a client that takes it: others get the messages as
  /// they are.
  public var responseCompression: Compression? {
    get { call.responseCompression }
    nonmutating set { call.responseCompression = newValue }
  }

  /// Whether the responses from here on are compressed with `responseCompression`. Set it to false before a message
  /// that would not get smaller, or that mixes a secret with what a client chose.
  public var compressesResponses: Bool {
    get { call.shared.withLock { $0.compressesResponses } }
    nonmutating set { call.shared.withLock { $0.compressesResponses = newValue } }
  }

  /// Whether the client had compressed the request that was read last.
  public var lastRequestWasCompressed: Bool { call.shared.withLock { $0.lastRequestWasCompressed } }

  /// Sends `responseMetadata` now, before any message. Does nothing when it was sent.
  /// - Throws: `RPCError` when the metadata is not valid or the call is over; `RESOURCE_EXHAUSTED`, which the client
  ///   gets too, when the metadata is more than the client takes.
  public func sendInitialMetadata() async throws(RPCError) { try await call.sendInitialMetadata() }

  /// What the call is called in logs: the client's `x-request-id`, if that is of 1 to 128 printable characters, else one that
  /// the server makes.
  public var requestID: String { call.requestID }

  /// The server's logger, whose lines carry the call's method and `requestID`.
  public var logger: Logger {
    var logger = call.options.logger
    logger[metadataKey: "method"] = "\(method)"
    logger[metadataKey: "request-id"] = "\(requestID)"
    return logger
  }

  /// Whether the server stops, and the call should come to its end: an endless one would otherwise cost the whole
  /// `drainTimeout`.
  public var isDraining: Bool { call.isDraining }

  /// Returns when the server begins to stop, or when the task is cancelled.
  public func waitForDrain() async { await call.waitForDrain() }

  /// Whether the client has given up, the deadline has passed or the connection is lost.
  public var isCancelled: Bool { call.isCancelled }
}
