// A response with its metadata.
public import FreshetCore

/// The one response of a call. Every method with one response has an overload that returns this.
public struct Response<Message: Sendable>: Sendable {
  public var message: Message
  /// The initial metadata.
  public var metadata: Metadata
  /// The metadata received with the status.
  public var trailers: Metadata
  /// Whether the server had compressed the message.
  public var wasCompressed: Bool
}
