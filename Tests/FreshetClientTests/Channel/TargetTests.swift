// The names of targets.
import FreshetTransport
import NIOCore
import Testing

@testable import FreshetClient

@Suite struct TargetTests {
  private func read(_ text: String) -> String {
    do throws(Target.ParseError) {
      let target = try Target(text)
      return "\(target.destination) | \(target.authority) | \(target.serverName)"
    } catch { return "error" }
  }

  @Test(arguments: [
    ("dns:///localhost:50051", "localhost:50051 | localhost:50051 | localhost"),
    ("dns:localhost:50051", "localhost:50051 | localhost:50051 | localhost"),
    ("localhost:50051", "localhost:50051 | localhost:50051 | localhost"),
    ("localhost", "localhost:443 | localhost | localhost"),
    ("dns:///localhost", "localhost:443 | localhost | localhost"),
    ("127.0.0.1:80", "ipv4:127.0.0.1:80 | 127.0.0.1:80 | 127.0.0.1"),
    ("[::1]:80", "ipv6:[::1]:80 | [::1]:80 | ::1"),
    ("dns:///[::1]:80", "ipv6:[::1]:80 | [::1]:80 | ::1"),
    ("::1", "ipv6:[::1]:443 | [::1] | ::1"),
    ("ipv4:1.2.3.4:80", "ipv4:1.2.3.4:80 | 1.2.3.4:80 | 1.2.3.4"),
    ("ipv4:1.2.3.4", "ipv4:1.2.3.4:443 | 1.2.3.4 | 1.2.3.4"),
    ("ipv4:1.2.3.4:80,5.6.7.8:81", "ipv4:1.2.3.4:80, ipv4:5.6.7.8:81 | 1.2.3.4:80 | 1.2.3.4"),
    ("ipv4:///1.2.3.4:80", "ipv4:1.2.3.4:80 | 1.2.3.4:80 | 1.2.3.4"),
    ("ipv6:[::1]:80", "ipv6:[::1]:80 | [::1]:80 | ::1"),
    ("ipv6:[::1]:80,[::2]:81", "ipv6:[::1]:80, ipv6:[::2]:81 | [::1]:80 | ::1"),
    ("ipv6:::1", "ipv6:[::1]:443 | [::1] | ::1"),
    ("unix:/run/x.sock", "unix:/run/x.sock | localhost | localhost"),
    ("unix:///run/x.sock", "unix:/run/x.sock | localhost | localhost"),
    ("unix:relative/x.sock", "unix:relative/x.sock | localhost | localhost"),
    ("localhost:0", "localhost:0 | localhost:0 | localhost"),
    ("localhost:65535", "localhost:65535 | localhost:65535 | localhost"),
  ])
  func `C12: a target is parsed`(text: String, expected: String) { #expect(read(text) == expected) }

  @Test(arguments: [
    ("ipv6:[fe80::1%eth0]:80", "ipv6:[fe80::1%eth0]:80 | [fe80::1]:80 | fe80::1"),
    ("ipv6:[fe80::1%25eth0]:80", "ipv6:[fe80::1%eth0]:80 | [fe80::1]:80 | fe80::1"),
    ("ipv6:[fe80::1%25eth0%2E7]", "ipv6:[fe80::1%eth0.7]:443 | [fe80::1] | fe80::1"),
    ("ipv6:[fe80::1%25]:80", "ipv6:[fe80::1%25]:80 | [fe80::1]:80 | fe80::1"),
    ("ipv6:[fe80::1%3]:80,[fe80::2%eth0]:81", "ipv6:[fe80::1%3]:80, ipv6:[fe80::2%eth0]:81 | [fe80::1]:80 | fe80::1"),
    ("dns:///[fe80::1%eth0]:80", "ipv6:[fe80::1%eth0]:80 | [fe80::1]:80 | fe80::1"),
    ("[fe80::1%25eth0]:80", "ipv6:[fe80::1%eth0]:80 | [fe80::1]:80 | fe80::1"),
    ("fe80::1%eth0", "ipv6:[fe80::1%eth0]:443 | [fe80::1] | fe80::1"),
  ])
  func `a zone is only used by the connection, neither in the authority nor in the server's name`(
    text: String, expected: String
  ) { #expect(read(text) == expected) }

  @Test(arguments: [
    ("dns:///bücher.example:80", "bücher.example:80 | b%C3%BCcher.example:80 | bücher.example"),
    ("dns:///host%eth0:80", "host%eth0:80 | host%25eth0:80 | host%eth0"),
    ("dns:///a b@c", "a b@c:443 | a%20b%40c | a b@c"),
    ("1.2.3.4%eth0:80", "1.2.3.4%eth0:80 | 1.2.3.4%25eth0:80 | 1.2.3.4%eth0"),
  ])
  func `R2: invalid characters of an authority are percent-encoded`(text: String, expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    "", ":50051", "dns:", "dns:///", "dns://", "dns:///:80", "dns://8.8.8.8/localhost:80", "dns://localhost:80",
    "localhost:", "localhost:x", "localhost:65536", "localhost:-1", "localhost:+80", "localhost:99999999999999999999",
    "[::1]x", "[::1", "ipv4:", "ipv4:,", "ipv4:localhost:80", "ipv4:1.2.3.4:x", "ipv4:1.2.3.4:80,nonsense",
    "ipv4:1.2.3",
    "ipv4:[::1]:80", "ipv6:1.2.3.4:80", "ipv6:[fe80::1%]:80", "ipv6:[fe80::1%25eth%000]:80", "ipv4:1.2.3.4%eth0:80",
    "unix:", "unix://", "http://localhost", "xds:///service", "unix-abstract:",
    "vsock:1", "vsock:1:x", "vsock::2", "vsock:1:2:3",
  ])
  func `C12: an invalid target is an error`(text: String) { #expect(read(text) == "error") }

  @Test(arguments: ["localhost:x", "http://localhost", "ipv4:1.2.3.4:80,nonsense", "dns://8.8.8.8/x:1"])
  func `an error quotes the target`(text: String) {
    let error = #expect(throws: Target.ParseError.self) { try Target(text) }
    #expect(error?.description.contains("“\(text)”") == true)
  }
}
