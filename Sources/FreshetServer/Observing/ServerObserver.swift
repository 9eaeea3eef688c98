// Observes the calls of a server: for metrics, access logs, traces.
public import FreshetCore

/// Is notified of every call of a server: its begin, its messages and its end. This includes calls that no handler
/// sees: unknown methods, requests that are not calls, calls over a limit.
///
/// ```swift
/// struct AccessLog: ServerObserver {
///   let logger: Logger
///
///   func callEnded(_ call: ObservedCall, _ outcome: CallOutcome) {
///     logger.info("\(call.method) \(outcome.status.code) \(outcome.duration)", metadata: ["peer": "\(call.peer)"])
///   }
/// }
/// ```
///
/// Pass the observers to the server:
///
/// ```swift
/// let server = Server(services: [EchoService()], observers: [AccessLog(logger: logger)])
/// ```
///
/// Laws:
/// - Each call has exactly one begin, then its messages, then exactly one end, in this order.
/// - The methods are called on the event loop of the call's connection, whose other calls wait meanwhile: they must not
///   block, and must move long work elsewhere. Calls of other loops are reported concurrently.
/// - The end is reported when it is decided: when the status is passed to the connection, or cannot be any more. The
///   handler may still be running.
/// - Without observers there is no cost.
public protocol ServerObserver: Sendable {
  /// Whether single messages are reported. Read once, when the server is created; false by default. Their number is
  /// part of each outcome anyway.
  var seesMessages: Bool { get }

  /// The head of a request was received.
  func callBegan(_ call: ObservedCall)

  /// The handler reads a request; for a method that takes one, when it has arrived.
  func requestReceived(_ message: ObservedMessage, of call: ObservedCall)

  /// A response was queued to be sent.
  func responseSent(_ message: ObservedMessage, of call: ObservedCall)

  /// The call is over.
  func callEnded(_ call: ObservedCall, _ outcome: CallOutcome)
}

extension ServerObserver {
  public var seesMessages: Bool { false }
  public func callBegan(_ call: ObservedCall) {}
  public func requestReceived(_ message: ObservedMessage, of call: ObservedCall) {}
  public func responseSent(_ message: ObservedMessage, of call: ObservedCall) {}
  public func callEnded(_ call: ObservedCall, _ outcome: CallOutcome) {}
}

/// A call as seen by its observers: the same object from its begin to its end.
public final class ObservedCall: Sendable {
  /// `/package.Service/Method`. If the server does not have the method, it is what the client wrote: untrusted text of
  /// any length and in any variety.
  public let method: String
  /// Whether the server has the method.
  public let isKnownMethod: Bool
  /// Whether the request was refused because of its head, so that no handler will see it.
  public let isRefused: Bool
  private let call: ServerCall

  init(_ call: ServerCall, method: String, isKnownMethod: Bool, isRefused: Bool) {
    self.call = call
    self.method = method
    self.isKnownMethod = isKnownMethod
    self.isRefused = isRefused
  }

  /// The client's address in gRPC's notation, `ipv4:127.0.0.1:50051`.
  public var peer: String { call.peer }

  /// The client's verified certificate (DER), if TLS requested one.
  public var peerCertificateDER: [UInt8]? { call.peerCertificateDER }

  /// The client's metadata, as changed by interceptors so far.
  public var metadata: Metadata { call.metadata }

  /// When the client stops waiting; nil if it has no deadline, and before the call has begun.
  public var deadline: Deadline? { call.deadline }

  /// The call's identifier in logs; see `ServerContext.requestID`.
  public var requestID: String { call.requestID }
}

/// One message of an observed call.
public struct ObservedMessage: Sendable, Hashable {
  /// Its size on the wire: compressed if it was, without the protocol's framing.
  public let bytes: Int
  /// Whether it was compressed.
  public let isCompressed: Bool
}

/// How a call ended.
public struct CallOutcome: Sendable {
  /// Why a call ended. More cases may be added in later versions.
  public enum Cause: Sendable, Hashable, CaseIterable {
    /// The handler has returned or thrown.
    case handler
    /// The head of the request: an unknown method, an unsupported content type or compression, a malformed field, a
    /// head over the limit.
    case refusal
    /// The requests broke a rule: none or two where one is expected, one over the limit, broken framing.
    case invalidRequest
    /// The deadline has passed.
    case deadline
    /// The client has reset the call.
    case reset
    /// This side has reset the stream: the client broke a rule of HTTP/2, or read nothing for too long.
    case resetByServer
    /// The connection was lost.
    case connectionLost
    /// The server stopped, and the call did not finish in time (`drainTimeout`).
    case drain
    /// The server held too many unread and unsent messages (`memoryBudget`).
    case memoryBudget
    /// The head of the response exceeded the client's limit.
    case oversizedHead
  }

  /// The number of messages, and their size on the wire (`ObservedMessage.bytes`).
  public struct Messages: Sendable, Hashable {
    public internal(set) var count = 0
    public internal(set) var bytes = 0
  }

  /// The status that was sent, or that explains why none could be. For a request that is not a call: what a gRPC client
  /// makes of the response.
  public let status: Status
  /// The HTTP status of the response to a request that is not a call of any protocol; nil for calls.
  public let httpStatus: Int?
  /// Why the call ended.
  public let cause: Cause
  /// The time since the head of the request was received.
  public let duration: Duration
  /// Whether the head of the response had been sent before.
  public let wasHeadSent: Bool
  /// The requests read by the handler.
  public let requests: Messages
  /// The responses that were queued; a lost client may not have received the last ones.
  public let responses: Messages
}
