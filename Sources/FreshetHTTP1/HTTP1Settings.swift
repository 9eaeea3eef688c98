// Settings of HTTP/1.1 connections.

/// Limits of HTTP/1.1 connections (web.md W99, W102, W105). `ConnectionConfiguration` has the time limits shared with
/// HTTP/2.
public struct HTTP1Settings: Sendable {
  /// How long an idle connection stays open.
  public var idleTimeout: Duration = .seconds(60)

  /// The number of requests per connection, at least 1; it closes after the last response.
  public var maxRequests = 10_000

  /// The maximum size of a request's header fields as they are sent, with trailers and chunk extensions, in bytes.
  /// Exceeding it is answered with 431.
  public var maxHeaderBytes = 16 * 1024

  /// The maximum number of header fields of a request. Exceeding it is answered with 431.
  public var maxHeaderFields = 100

  /// The maximum length of a request target, in bytes. Exceeding it is answered with 414.
  public var maxTargetBytes = 8 * 1024

  /// How many bytes of a request's body are buffered for the handler before the socket is no longer read.
  public var bodyWindowBytes = 64 * 1024

  /// How many bytes of a request's body are read and discarded after an early response. If more is left, the connection
  /// closes.
  public var maxDrainedBytes = 64 * 1024

  /// The minimum rate of a body of known length is a KiB in this time, while the handler waits for it; below that, the
  /// response is 408.
  public var bodyTimeout: Duration = .seconds(10)

  /// Whether a client may end its side after a complete request and still read the response, as `nc` does. Off, the end of
  /// a client's bytes means that it is gone, and cancels its call (web.md W106). On, a client that has gone while its call
  /// waits is noticed only when it resets the connection.
  public var allowsHalfClose = false

  /// Protocols that a GET may switch its connection to (RFC 9110 §7.8), in lower case. Such a request has its `upgrade`
  /// and `connection`, and the status 101 switches. Requests for other protocols are ordinary ones.
  package var upgrades: [String] = []

  public init() {}

  /// The defaults, except for what the closure sets.
  public init(_ configure: (inout HTTP1Settings) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}
