// Code that runs when any call of a channel begins and ends.
public import FreshetCore

/// A call that is about to be made.
public struct ClientCallRequest: Sendable {
  /// `/package.Service/Method`.
  public let method: String
  /// The options of the call; an interceptor may change them.
  public var options: CallOptions
}

/// Runs for all calls of a channel: credentials, logs, metrics, default deadlines.
///
/// Two hooks instead of one that wraps the call, since a stream of responses has no single task to wrap: it is a value
/// that is passed on.
public protocol ClientInterceptor: Sendable {
  /// Called before the call is sent, in the order of the channel's interceptors. May suspend, for a token for example;
  /// the call's deadline and cancellation apply meanwhile. An error that it throws is the outcome of the call: an
  /// `RPCError` as it is, any other error as the cause of INTERNAL.
  func startCall(_ call: inout ClientCallRequest) async throws

  /// Called exactly once for each call whose `startCall` has returned, in reverse order, when its status is known: nil
  /// for OK. Called on the channel's event loop, so it must not block.
  func endCall(_ call: ClientCallRequest, error: RPCError?)
}

extension ClientInterceptor {
  public func startCall(_ call: inout ClientCallRequest) async throws {}
  public func endCall(_ call: ClientCallRequest, error: RPCError?) {}
}
