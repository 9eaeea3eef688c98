// The system's resolver.
import NIOCore
import Testing

@testable import FreshetTransport

@Suite struct SystemResolverTests {
  @Test func `localhost is this machine`() throws {
    let addresses = try SystemResolver.addresses(ofHost: "localhost", port: 80)
    #expect(!addresses.isEmpty)
    #expect(addresses.allSatisfy { ["127.0.0.1", "::1"].contains($0.ipAddress) && $0.port == 80 })
  }

  @Test func `a name that does not resolve is an error with the system's reason`() {
    let error = #expect(throws: TransportError.self) { try SystemResolver.addresses(ofHost: "nobody.invalid", port: 1) }
    #expect(error?.message.hasPrefix("the name “nobody.invalid” does not resolve (") == true)
    if case .connect? = error?.kind {} else { Issue.record("\(String(describing: error))") }
  }

  @Test func `a literal is parsed without a lookup, and a name is not a literal`() throws {
    #expect(try SystemResolver.addresses(ofLiteral: "::1", port: 5) == [SocketAddress(ipAddress: "::1", port: 5)])
    #expect(throws: TransportError.self) { try SystemResolver.addresses(ofLiteral: "localhost", port: 5) }
  }
}
