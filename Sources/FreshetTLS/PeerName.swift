// The server name that a client expects: a DNS name, which is sent and verified, or an IP address, which is only
// verified.
import COpenSSL
import FreshetText

/// The server that a client expects.
enum PeerName: Equatable {
  case dns(String)
  case ip(String)

  var text: String {
    switch self {
    case .dns(let name), .ip(let name): name
    }
  }

  /// Parses a host in a target; an IPv6 address loses brackets and zone, a DNS name its final dot.
  init(_ host: String) throws(TLSError) {
    var name = Substring(host)
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    let address = String(name.prefix { $0 != "%" })
    if Self.isIPAddress(address) {
      self = .ip(address)
      return
    }
    if name.hasSuffix(".") { name = name.dropLast() }
    guard Self.isPlausibleName(name) else {
      throw .configuration(
        "server name \"\(printable(host))\"",
        "is neither an IP address nor a DNS name of 1 to 253 ASCII characters")
    }
    self = .dns(String(name))
  }

  /// Sets the session's name to send and to verify.
  func apply(to session: OpaquePointer, verifying: Bool) throws(TLSError) {
    let parameters = SSL_get0_param(session)
    let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
    X509_VERIFY_PARAM_set_hostflags(parameters, flags)
    let accepted =
      switch self {
      case .dns(let name):
        freshet_SSL_set_tlsext_host_name(session, name) == 1
          && (!verifying || X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1)
      case .ip(let address):  // RFC 6066 section 3: no address in server_name
        !verifying || X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
      }
    guard accepted else { throw .configuration("server name \"\(text)\"", ErrorQueue.takeText()) }
  }

  private static func isIPAddress(_ text: String) -> Bool {
    guard let octets = a2i_IPADDRESS(text) else {
      ErrorQueue.clear()
      return false
    }
    ASN1_OCTET_STRING_free(octets)
    return true
  }

  /// Not the grammar of host names, which resolvers do not enforce either, but nothing that could end or forge a name.
  private static func isPlausibleName(_ name: Substring) -> Bool {
    (1...253).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}
