// What is said when no address of a target can be reached.
import FreshetHTTP2
import FreshetTransport
import NIOCore
import Testing

@testable import FreshetClient

@Suite struct UnreachableErrorTests {
  private func address(_ number: Int) throws -> ConnectAddress { .ip(try SocketAddress(ipAddress: "10.0.0.\(number)", port: 1)) }

  private func failures(_ count: Int) throws -> [(address: ConnectAddress, error: TransportError)] {
    try (0..<count).map { (try address($0), TransportError(.socket, "reason \($0)")) }
  }

  @Test func `R21: each address has its reason, behind the name if there is one`() throws {
    let list = Destination.addresses([]), name = Destination.name(host: "a.test", port: 2)
    #expect(
      TransportError.unreachable(list, try failures(1)).message == "cannot connect to ipv4:10.0.0.0:1: reason 0")
    #expect(
      TransportError.unreachable(list, try failures(2)).message
        == "cannot connect to any of 2 addresses: ipv4:10.0.0.0:1: reason 0; ipv4:10.0.0.1:1: reason 1")
    #expect(
      TransportError.unreachable(name, try failures(2)).message
        == "cannot connect to a.test:2: ipv4:10.0.0.0:1: reason 0; ipv4:10.0.0.1:1: reason 1")
  }

  @Test func `of hundreds of addresses the first are named`() throws {
    let message = TransportError.unreachable(.addresses([]), try failures(200)).message
    #expect(message.hasPrefix("cannot connect to any of 200 addresses: ipv4:10.0.0.0:1: reason 0; "))
    #expect(message.hasSuffix("ipv4:10.0.0.15:1: reason 15; and 184 more"))
  }

  @Test func `kind and cause are those of the last address`() throws {
    let cause = HTTP2Error(.refused, "x")
    let last = TransportError(.http2, "y", cause: cause)
    let error = TransportError.unreachable(.addresses([]), try failures(1) + [(try address(1), last)])
    if case .http2 = error.kind {} else { Issue.record("\(error.kind)") }
    #expect(error.cause as? HTTP2Error == cause)
  }

  @Test func `a connection that is closed too early is told as that`() throws {
    let failures = [(address: try address(0), error: TransportError(.closedByPeer, "ipv4:10.0.0.0:1 closed the connection"))]
    #expect(
      TransportError.unreachable(.addresses([]), failures).message
        == "cannot connect to ipv4:10.0.0.0:1: the connection was closed before the server's SETTINGS came")
  }

  @Test func `without addresses the name or the list is told`() {
    #expect(TransportError.unreachable(.name(host: "a", port: 1), []).message == "cannot connect to a:1: it has no address")
    let lookup = TransportError(.connect, "the name “a” does not resolve")
    #expect(
      TransportError.unreachable(.name(host: "a", port: 1), lookup).message
        == "cannot connect to a:1: the name “a” does not resolve")
  }
}
