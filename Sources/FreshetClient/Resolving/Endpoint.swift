// A server of a target, as a resolver finds it and a load balancer takes it.
package import FreshetTransport

/// One server by its addresses, the preferred one first (grpc-channel.md R5).
package struct Endpoint: Sendable, Hashable {
  package var addresses: [ConnectAddress]

  package init(_ addresses: [ConnectAddress]) { self.addresses = addresses }
}
