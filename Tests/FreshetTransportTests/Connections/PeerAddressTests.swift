// A socket's address in gRPC's notation.
import NIOCore
import Testing

@testable import FreshetTransport

@Suite struct PeerAddressTests {
  @Test func `addresses are in gRPC's notation`() throws {
    #expect(PeerAddress.text(of: try SocketAddress(ipAddress: "127.0.0.1", port: 80)) == "ipv4:127.0.0.1:80")
    #expect(PeerAddress.text(of: try SocketAddress(ipAddress: "::1", port: 80)) == "ipv6:[::1]:80")
    #expect(PeerAddress.text(of: try SocketAddress(unixDomainSocketPath: "/run/x")) == "unix:/run/x")
    #expect(PeerAddress.text(of: nil) == "unix:")
    #expect(PeerAddress.text(of: try SocketAddress(unixDomainSocketPath: "/run/a\nb")) == "unix:/run/a\\nb")
  }
}
