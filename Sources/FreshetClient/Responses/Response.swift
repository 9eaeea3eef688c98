// A response with what came around it.
public import FreshetCore

/// The one response of a call. Every method that gives one has an overload that returns this.
public struct Response<Message: Sendable>: Sendable {
  public var message: Message
  /// The initial metadata.
  public var metadata: Metadata
  /// What came behind the status.
  public var trailers: Metadata
  /// Whether the server had compressed the message.
  public var wasCompressed: Bool
}
