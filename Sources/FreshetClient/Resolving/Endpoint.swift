// One server of a target, as found by a resolver.
package import FreshetTransport

/// One server by its addresses, the preferred one first (grpc-channel.md R5).
package struct Endpoint: Sendable, Hashable {
  package var addresses: [ConnectAddress]

  package init(_ addresses: [ConnectAddress]) { self.addresses = addresses }
}
