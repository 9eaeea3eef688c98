// Code that sees every call of a channel begin and end.
public import FreshetCore

/// A call that is about to be made.
public struct ClientCallRequest: Sendable {
  /// `/package.Service/Method`.
  public let method: String
  /// What the call is made with; an interceptor may change it.
  public var options: CallOptions
}

/// Something to be done for all calls: credentials, logs, metrics, default deadlines.
///
/// Two hooks instead of one that surrounds the call, since a stream of responses has no one task to surround: it is a
/// value that is handed on.
public protocol ClientInterceptor: Sendable {
  /// Called before the call is sent, in the order in which the channel was given its interceptors. May wait, for a
  /// token for example; the call's deadline and cancellation hold meanwhile. What it throws is the outcome of the call:
  /// an `RPCError` as it is, anything else as INTERNAL with this cause.
  func startCall(_ call: inout ClientCallRequest) async throws

  /// Called exactly once for each call whose `startCall` has returned, in the opposite order, when its status is known:
  /// nil for OK. Called on the channel's event loop, so it must not block.
  func endCall(_ call: ClientCallRequest, error: RPCError?)
}

extension ClientInterceptor {
  public func startCall(_ call: inout ClientCallRequest) async throws {}
  public func endCall(_ call: ClientCallRequest, error: RPCError?) {}
}
