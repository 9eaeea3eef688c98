// The error when no address of a target can be reached.
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import NIOCore
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@testable import FreshetClient

@Suite struct UnreachableErrorTests {
  private func address(_ number: Int) throws -> ConnectAddress {
    .ip(try SocketAddress(ipAddress: "10.0.0.\(number)", port: 1))
  }

  private func failures(_ count: Int) throws -> [(address: ConnectAddress, error: TransportError)] {
    try (0..<count).map { (try address($0), TransportError(.socket, "reason \($0)")) }
  }

  @Test func `R21: each address has its reason, after the name if there is one`() throws {
    let list = Destination.addresses([]), name = Destination.name(host: "a.test", port: 2)
    #expect(
      TransportError.unreachable(list, try failures(1), isPlaintext: true).message
        == "cannot connect to ipv4:10.0.0.0:1: reason 0")
    #expect(
      TransportError.unreachable(list, try failures(2), isPlaintext: true).message
        == "cannot connect to any of 2 addresses: ipv4:10.0.0.0:1: reason 0; ipv4:10.0.0.1:1: reason 1")
    #expect(
      TransportError.unreachable(name, try failures(2), isPlaintext: false).message
        == "cannot connect to a.test:2: ipv4:10.0.0.0:1: reason 0; ipv4:10.0.0.1:1: reason 1")
  }

  @Test func `of hundreds of addresses the first are named`() throws {
    let message = TransportError.unreachable(.addresses([]), try failures(200), isPlaintext: true).message
    #expect(message.hasPrefix("cannot connect to any of 200 addresses: ipv4:10.0.0.0:1: reason 0; "))
    #expect(message.hasSuffix("ipv4:10.0.0.15:1: reason 15; and 184 more"))
  }

  @Test func `kind and cause are those of the last address`() throws {
    let cause = HTTP2Error(.refused, "x")
    let last = TransportError(.http2, "y", cause: cause)
    let error = TransportError.unreachable(
      .addresses([]), try failures(1) + [(try address(1), last)], isPlaintext: true)
    if case .http2 = error.kind {} else { Issue.record("\(error.kind)") }
    #expect(error.cause as? HTTP2Error == cause)
  }

  @Test func `a connection closed or reset too early is reported as that, with a hint`() throws {
    let closed = TransportError(.closedByPeer, "ipv4:10.0.0.0:1 closed the connection")
    let reset = TransportError(.socket, "x", cause: IOError(errnoCode: ECONNRESET, reason: "read"))
    let cases = [
      (
        closed, true,
        "closed before the server sent SETTINGS (plaintext was spoken: if the server expects TLS, make the channel with `tls:`)"
      ),
      (
        reset, true,
        "reset before the server sent SETTINGS (plaintext was spoken: if the server expects TLS, make the channel with `tls:`)"
      ),
      (closed, false, "closed before the server sent SETTINGS"),
      (
        reset, false,
        "reset before the server sent SETTINGS (if the server speaks no TLS, make the channel without `tls:`)"
      ),
    ]
    for (error, isPlaintext, text) in cases {
      let failures = [(address: try address(0), error: error)]
      #expect(
        TransportError.unreachable(.addresses([]), failures, isPlaintext: isPlaintext).message
          == "cannot connect to ipv4:10.0.0.0:1: the connection was \(text)")
    }
  }

  @Test func `without addresses the name or the list is reported`() {
    #expect(
      TransportError.unreachable(.name(host: "a", port: 1), [], isPlaintext: true).message
        == "cannot connect to a:1: it has no address")
    let lookup = TransportError(.connect, "the name “a” does not resolve")
    #expect(
      TransportError.unreachable(.name(host: "a", port: 1), lookup).message
        == "cannot connect to a:1: the name “a” does not resolve")
  }
}
