// A protocol that a listener serves, or a client speaks.
import FreshetHTTP2
package import FreshetTLS

/// A protocol's name, and a factory for its connections.
package struct Carrier: Sendable {
  /// The parts of a connection.
  package struct Parts {
    package let executor: LoopExecutor
    /// New, or already open.
    package let records: RecordLayer
    package let configuration: ConnectionConfiguration
    package let delegate: any ConnectionDelegate
  }

  package let name: ApplicationProtocol
  /// Whether a peer may end its output before it has read everything; a server's socket then stays open.
  package let allowsHalfClose: Bool
  /// Called on the connection's loop.
  let makeConnection: @Sendable (Parts) throws -> TransportConnection

  package init(
    _ name: ApplicationProtocol, allowsHalfClose: Bool = false,
    makeConnection: @escaping @Sendable (Parts) throws -> TransportConnection
  ) {
    self.name = name
    self.allowsHalfClose = allowsHalfClose
    self.makeConnection = makeConnection
  }

  package static let http2 = Carrier(.http2) { parts in
    try HTTP2Connection(
      role: .server, executor: parts.executor, records: parts.records, configuration: parts.configuration,
      delegate: parts.delegate)
  }

  /// For clients.
  package static let http2Client = Carrier(.http2) { parts in
    try HTTP2Connection(
      role: .client, executor: parts.executor, records: parts.records, configuration: parts.configuration,
      delegate: parts.delegate)
  }
}
