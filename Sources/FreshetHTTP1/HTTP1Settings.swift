// What can be set of connections that speak HTTP/1.1.

/// Limits of HTTP/1.1 connections (web.md W99, W102, W105). Time limits that both versions of HTTP share are those of
/// `ConnectionConfiguration`.
public struct HTTP1Settings: Sendable {
  /// How long a connection without a request stays open.
  public var idleTimeout: Duration = .seconds(60)

  /// How many requests one connection carries, 1 or more; the answer to the last one closes it.
  public var maxRequests = 10_000

  /// The largest head of a request, in bytes of its fields' names and values. A larger one is answered with 431.
  public var maxHeaderBytes = 16 * 1024

  /// The largest number of fields of a head. More are answered with 431.
  public var maxHeaderFields = 100

  /// The longest request target, in bytes. A longer one is answered with 414.
  public var maxTargetBytes = 8 * 1024

  /// How many bytes of a request's body may wait for the handler before the socket is no longer read.
  public var bodyWindowBytes = 64 * 1024

  /// How many bytes of a body are read, and dropped, after an answer that came before its end. Beyond this the connection is
  /// closed.
  public var maxDrainedBytes = 64 * 1024

  /// A body of known length must bring a KiB in this time while the handler waits for it; otherwise the answer is 408.
  public var bodyTimeout: Duration = .seconds(10)

  public init() {}

  /// The defaults, except for what the closure sets.
  public init(_ configure: (inout HTTP1Settings) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}
