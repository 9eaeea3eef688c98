// Observes the calls of a channel, for metrics, traces and logs.
public import FreshetCore

/// Is notified of each call of a channel (`ChannelConfiguration.observers`). An interceptor may change a call; an
/// observer cannot, and sees more: attempts, messages, and calls that an interceptor refused.
///
/// ```swift
/// struct CallLog: ClientObserver {
///   final class Call: ClientCallObserver {
///     let method: String
///     init(_ method: String) { self.method = method }
///     func callEnded(_ outcome: ClientCallOutcome) { print(method, outcome.status.code, outcome.duration) }
///   }
///   func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)? { Call(call.method) }
/// }
/// ```
public protocol ClientObserver: Sendable {
  /// A call begins; called once for each, by the task that makes it, before anything else of the call happens.
  /// - Parameter call: as it is before the interceptors, which run later.
  /// - Returns: the observer of the rest of the call; nil if there is none.
  func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)?
}

/// Observes one call of a channel. Attempts and the end are reported on the channel's event loop, where nothing may block; messages
/// where they are sent and read.
public protocol ClientCallObserver: AnyObject, Sendable {
  /// Whether `requestSent` and `responseReceived` are called; read once, at the call's beginning; false by default.
  var observesMessages: Bool { get }

  /// The request's headers are sent on a connection. A call that never gets one has no attempt; one that a server did
  /// not process may have several, one after another.
  func attemptBegan(_ attempt: ClientAttempt)

  /// An attempt is over; called once for each that began, before the next begins and before `callEnded`.
  /// - Parameter error: nil for the status OK. If the server did not process the request, another attempt may follow.
  func attemptEnded(_ attempt: ClientAttempt, error: RPCError?)

  /// The application's message was framed. Sent messages are kept, so another attempt does not report them again.
  func requestSent(_ message: ObservedMessage)

  /// The application has read a message, possibly after the end.
  func responseReceived(_ message: ObservedMessage)

  /// The outcome; called exactly once for every call, before its caller learns of it. Also for a call that was
  /// cancelled before it started, refused by an interceptor, or never got a connection. Called by the caller's task if
  /// the event loop was shut down or the request could not be encoded.
  func callEnded(_ outcome: ClientCallOutcome)
}

extension ClientCallObserver {
  public var observesMessages: Bool { false }
  public func attemptBegan(_ attempt: ClientAttempt) {}
  public func attemptEnded(_ attempt: ClientAttempt, error: RPCError?) {}
  public func requestSent(_ message: ObservedMessage) {}
  public func responseReceived(_ message: ObservedMessage) {}
}

/// One attempt of a call.
public struct ClientAttempt: Sendable, Hashable {
  /// 1 for the first.
  public let number: Int
  /// The server's address in gRPC's notation: `ipv4:127.0.0.1:50051`, `unix:/run/x.sock`.
  public let peer: String
}
