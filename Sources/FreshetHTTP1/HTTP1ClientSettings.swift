// Settings of a client's HTTP/1.1 connections.
package import FreshetTransport

/// Limits of a client's HTTP/1.1 connections. `ConnectionConfiguration` has the time limits shared with HTTP/2.
public struct HTTP1ClientSettings: Sendable, Hashable {
  /// How many connections to an address a channel opens, since each carries one call at a time; further calls wait.
  /// 1 or more.
  public var maxConnections = 32

  /// How long an idle connection stays open. Shorter than usual servers': a request on a connection that its server is
  /// closing fails, unless it is a GET.
  public var idleTimeout: Duration = .seconds(30)

  /// The maximum size of a response's header fields, with trailers and chunk extensions, in bytes. A call whose response exceeds
  /// it fails with RESOURCE_EXHAUSTED.
  public var maxHeaderBytes = 16 * 1024

  /// The maximum number of header fields of a response.
  public var maxHeaderFields = 100

  /// How many bytes of a response are buffered for the call before the socket is no longer read.
  public var bodyWindowBytes = 64 * 1024

  public init() {}

  /// The defaults, except for what the closure sets.
  public init(_ configure: (inout HTTP1ClientSettings) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `TransportError.invalidSetting` with the setting's name, value and range.
  package func validate() throws(TransportError) {
    let numbers = [
      "maxConnections": maxConnections, "maxHeaderBytes": maxHeaderBytes, "maxHeaderFields": maxHeaderFields,
      "bodyWindowBytes": bodyWindowBytes,
    ]
    for (name, value) in numbers where value < 1 {
      throw TransportError(.invalidSetting, "\(name) is \(value), but must be 1 or more")
    }
    if idleTimeout <= .zero {
      throw TransportError(.invalidSetting, "idleTimeout is \(idleTimeout), but must be more than zero")
    }
  }
}
