// How a call of a channel ended, for its observers.
public import FreshetCore

/// How a call ended.
public struct ClientCallOutcome: Sendable {
  /// Why the call failed; nil for OK.
  public let error: RPCError?
  /// Received with the status.
  public let trailers: Metadata
  /// How many attempts there were; 0 for a call that never got a connection.
  public let attempts: Int
  /// The time since the call began.
  public let duration: Duration

  /// The status, which is OK without an error.
  public var status: Status { error?.status ?? .ok }
}
