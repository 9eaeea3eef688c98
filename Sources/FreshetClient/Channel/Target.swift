// Parses the name of what a channel connects to (gRPC's naming, grpc-wire.md C12).
import FreshetTransport

/// A parsed target.
struct Target: Sendable, Hashable {
  var destination: Destination
  /// The value of `:authority` unless the configuration sets it.
  var authority: String
  /// The name that the server's certificate must match.
  var serverName: String

  /// What is wrong with a target's text.
  struct ParseError: Error, CustomStringConvertible {
    var description: String
  }

  /// The port of a name without one: gRPC's default.
  private static let defaultPort = 443

  init(_ text: String) throws(ParseError) {
    let (scheme, rest) = Self.splitScheme(text)
    switch scheme {
    case "dns": try self.init(name: try Self.withoutAuthority(rest, of: text), of: text)
    case "ipv4": try self.init(addresses: rest, ofFamily: .ipv4, of: text)
    case "ipv6": try self.init(addresses: rest, ofFamily: .ipv6, of: text)
    case "unix": try self.init(unixPath: rest, of: text)
    case "unix-abstract":
      guard !rest.isEmpty else { throw ParseError(description: "the target “\(text)” has no name") }
      self.init(local: .unixAbstract(name: String(rest)))
    case "vsock": try self.init(vsock: rest, of: text)
    default:
      throw ParseError(
        description: "the target “\(text)” has the scheme “\(scheme)”; known are dns, ipv4, ipv6, unix, unix-abstract "
          + "and vsock")
    }
  }

  /// A text without a known scheme is a name: `localhost:50051` has no scheme `localhost`.
  private static func splitScheme(_ text: String) -> (scheme: String, rest: Substring) {
    guard let colon = text.firstIndex(of: ":") else { return ("dns", text[...]) }
    let scheme = String(text[..<colon])
    let rest = text[text.index(after: colon)...]
    let isScheme = ["dns", "ipv4", "ipv6", "unix", "unix-abstract", "vsock"].contains(scheme) || rest.hasPrefix("//")
    return isScheme ? (scheme, rest) : ("dns", text[...])
  }

  /// `//authority/host` names a DNS server to use, which the system's resolver does not support.
  private static func withoutAuthority(_ rest: Substring, of text: String) throws(ParseError) -> Substring {
    guard rest.hasPrefix("//") else { return rest }
    let parts = rest.dropFirst(2).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw ParseError(description: "the target “\(text)” has no name: dns:///host:port") }
    guard parts[0].isEmpty else {
      throw ParseError(
        description: "the target “\(text)” names the DNS server “\(parts[0])”; only the system's resolver is used")
    }
    return parts[1]
  }

  private init(name: Substring, of text: String) throws(ParseError) {
    let (host, port) = try Self.splitPort(name, of: text)
    guard !host.isEmpty else { throw ParseError(description: "the target “\(text)” has no host") }
    if let literal = IPLiteral(host) {
      destination = .addresses([literal.address(port: port ?? Self.defaultPort)])
      (authority, serverName) = (Self.authority(literal.authority, port), literal.text)
    } else {
      destination = .name(host: host, port: port ?? Self.defaultPort)
      (authority, serverName) = (Self.authority(AuthorityEncoding.encode(host), port), host)
    }
  }

  private init(
    addresses list: Substring, ofFamily family: ConnectAddress.Family, of text: String
  ) throws(ParseError) {
    let list = list.hasPrefix("///") ? list.dropFirst(3) : list
    var literals: [(literal: IPLiteral, port: Int?)] = []
    for part in list.split(separator: ",") {
      let (host, port) = try Self.splitPort(part, of: text)
      guard let literal = IPLiteral(host), literal.address(port: 0).family == family else {
        throw ParseError(description: "the target “\(text)” holds “\(part)”, which is no such IP address with a port")
      }
      literals.append((literal, port))
    }
    guard let first = literals.first else { throw ParseError(description: "the target “\(text)” has no address") }
    destination = .addresses(literals.map { $0.literal.address(port: $0.port ?? Self.defaultPort) })
    authority = Self.authority(first.literal.authority, first.port)
    serverName = first.literal.text
  }

  private static func authority(_ host: String, _ port: Int?) -> String { host + (port.map { ":\($0)" } ?? "") }

  private init(unixPath rest: Substring, of text: String) throws(ParseError) {
    let path = rest.hasPrefix("//") ? rest.dropFirst(2) : rest  // unix:///absolute
    guard !path.isEmpty else { throw ParseError(description: "the target “\(text)” has no path") }
    self.init(local: .unix(path: String(path)))
  }

  private init(vsock rest: Substring, of text: String) throws(ParseError) {
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let cid = UInt32(parts[0]), let port = UInt32(parts[1]) else {
      throw ParseError(description: "the target “\(text)” is not vsock:cid:port with two numbers")
    }
    self.init(local: .vsock(cid: cid, port: port))
  }

  private init(local address: ConnectAddress) {
    destination = .addresses([address])
    authority = "localhost"
    serverName = "localhost"
  }

  /// `host`, `host:port`, `[ipv6]:port`, `ipv6`.
  private static func splitPort(_ text: Substring, of target: String) throws(ParseError) -> (host: String, port: Int?) {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
    } else if text.hasPrefix("[") {
      throw ParseError(description: "the target “\(target)” opens a bracket that it does not close")
    } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      rest = text[colon...]
    } else {
      return (String(text), nil)
    }
    if rest.isEmpty { return (String(host), nil) }
    guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(rest.dropFirst())
    else {
      throw ParseError(
        description: "the target “\(target)” has the port “\(rest.dropFirst())”, which is no number below 65,536")
    }
    return (String(host), Int(port))
  }
}
