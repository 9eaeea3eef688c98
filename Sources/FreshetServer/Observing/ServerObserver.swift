// What a server tells those who watch its calls: metrics, access logs, traces.
public import FreshetCore

/// Sees every call of a server: its begin, its messages and its end. Also calls that no handler sees: unknown methods,
/// requests that are no calls, calls beyond a limit.
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
/// A server is made with its observers:
///
/// ```swift
/// let server = Server(services: [EchoService()], observers: [AccessLog(logger: logger)])
/// ```
///
/// Laws:
/// - Each call has exactly one begin, then its messages, then exactly one end, in this order.
/// - The methods are called on the event loop of the call's connection, whose other calls wait meanwhile: they must not block, and
///   what takes long belongs elsewhere. Calls of other loops come at the same time.
/// - The end is told when it is decided, which is when the status is handed to the connection, or when there is nothing left to
///   hand it to. The handler may still be on its way out.
/// - A server without observers pays nothing for them.
public protocol ServerObserver: Sendable {
  /// Whether single messages are told of. Read once, when the server is made; false by default. How many there were is part of
  /// each outcome anyway.
  var seesMessages: Bool { get }

  /// The head of a request has come.
  func callBegan(_ call: ObservedCall)

  /// The handler takes a request; the one request of a method that takes one, when it has come.
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

/// A call, as its observers see it: the same object from its begin to its end.
public final class ObservedCall: Sendable {
  /// `/package.Service/Method`. For a method that the server does not have it is what the client wrote: text from outside, of any
  /// length, and of as many kinds as the client likes.
  public let method: String
  /// Whether the server has the method.
  public let isKnownMethod: Bool
  /// Whether the request was refused by its head, so that no handler will see it.
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

  /// The client's certificate (DER), if TLS asked for one and it was verified.
  public var peerCertificateDER: [UInt8]? { call.peerCertificateDER }

  /// What the client sent along, and what interceptors have made of it by now.
  public var metadata: Metadata { call.metadata }

  /// When the client stops waiting; nil if it never does, and before the call has begun.
  public var deadline: Deadline? { call.deadline }

  /// What the call is called in logs; see `ServerContext.requestID`.
  public var requestID: String { call.requestID }
}

/// One message of an observed call.
public struct ObservedMessage: Sendable, Hashable {
  /// Its bytes as they travel: compressed if it was, without the protocol's framing.
  public let bytes: Int
  /// Whether it was compressed.
  public let isCompressed: Bool
}

/// How a call ended.
public struct CallOutcome: Sendable {
  /// What has ended a call. There may be more in later versions.
  public enum Cause: Sendable, Hashable, CaseIterable {
    /// The handler has returned or thrown.
    case handler
    /// The head of the request: an unknown method, a content type or a compression that is not served, a malformed field, a head
    /// beyond the limit.
    case refusal
    /// The requests broke a rule: none or two where one is due, one beyond the limit, broken framing.
    case invalidRequest
    /// The deadline has passed.
    case deadline
    /// The client has reset the call.
    case reset
    /// This side has reset the stream: the client broke a rule of HTTP/2, or took nothing for too long.
    case resetByServer
    /// The connection was lost.
    case connectionLost
    /// The server stopped, and the call was not over in time (`drainTimeout`).
    case drain
    /// The server held more unread and unsent messages than it may (`memoryBudget`).
    case memoryBudget
    /// The head of the response was more than the client takes.
    case oversizedHead
  }

  /// How many messages there were, and how many bytes they took as they travelled (`ObservedMessage.bytes`).
  public struct Messages: Sendable, Hashable {
    public internal(set) var count = 0
    public internal(set) var bytes = 0
  }

  /// The status that was sent, or that tells why none could be. Of a request that is no call: what a gRPC client makes of its
  /// answer.
  public let status: Status
  /// The status of the HTTP answer to a request that is no call of any protocol; nil for calls.
  public let httpStatus: Int?
  /// What has ended the call.
  public let cause: Cause
  /// The time since the head of the request had come.
  public let duration: Duration
  /// Whether the head of the response had been sent before.
  public let wasHeadSent: Bool
  /// What the handler has taken of the requests.
  public let requests: Messages
  /// The responses that were queued, of which a lost client may not have seen the last.
  public let responses: Messages
}
