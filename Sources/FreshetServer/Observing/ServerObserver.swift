// Observes the calls of a server, for metrics, traces and logs.
public import FreshetCore

/// Is notified of each call of a server, also of those that no handler sees: unknown methods, requests that are not calls,
/// calls over a limit.
///
/// ```swift
/// struct AccessLog: ServerObserver {
///   let logger: Logger
///
///   final class Call: ServerCallObserver {
///     let call: ObservedCall, logger: Logger
///     init(_ call: ObservedCall, _ logger: Logger) { (self.call, self.logger) = (call, logger) }
///
///     func callEnded(_ outcome: ServerCallOutcome) {
///       logger.info("\(call.method) \(outcome.status.code) \(outcome.duration)", metadata: ["peer": "\(call.peer)"])
///     }
///   }
///
///   func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? { Call(call, logger) }
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
  /// A call begins: the head of a request was received.
  /// - Returns: the observer of the rest of the call, which releases it at its end; nil if there is none.
  func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)?
}

/// Observes one call of a server.
public protocol ServerCallObserver: AnyObject, Sendable {
  /// Whether `requestReceived` and `responseSent` are called; read once, at the call's beginning; false by default. The
  /// number of messages is part of the outcome anyway.
  var observesMessages: Bool { get }

  /// The handler reads a request; for a method that takes one, when it has arrived.
  func requestReceived(_ message: ObservedMessage)

  /// A response was queued to be sent.
  func responseSent(_ message: ObservedMessage)

  /// The outcome; called exactly once for every call.
  func callEnded(_ outcome: ServerCallOutcome)
}

extension ServerCallObserver {
  public var observesMessages: Bool { false }
  public func requestReceived(_ message: ObservedMessage) {}
  public func responseSent(_ message: ObservedMessage) {}
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
