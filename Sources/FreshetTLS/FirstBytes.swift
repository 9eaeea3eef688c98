// Checks whether a peer's first bytes are TLS, and if not, what they are.
import FreshetText

/// The first bytes received, kept until it is clear whether they are TLS.
struct FirstBytes {
  enum Verdict: Equatable {
    /// Fewer than the five bytes of a record's header so far; OpenSSL waits for as many.
    case undecided
    case tls
    case plaintext(TLSError.PlaintextProtocol)
  }

  /// Enough to recognise a request line in a message.
  static let keptBytes = 32
  private static let recordHeadBytes = 5

  private(set) var bytes: [UInt8] = []

  mutating func append(_ received: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: received.prefix(Self.keptBytes - bytes.count))
  }

  var verdict: Verdict {
    guard bytes.count >= Self.recordHeadBytes else { return .undecided }
    if startsRecord { return .tls }
    return .plaintext(plaintextProtocol)
  }

  /// RFC 8446 section 5.1: a type (22 is a handshake, 21 an alert), then the version, whose first byte is always 3.
  private var startsRecord: Bool {
    (bytes[0] == 22 || bytes[0] == 21) && bytes[1] == 3
  }

  /// Whether a TLS record may start with this byte (RFC 8446 section 5.1); no text does.
  static func mayStartRecord(_ byte: UInt8) -> Bool { (20...24).contains(byte) }

  private var plaintextProtocol: TLSError.PlaintextProtocol {
    if agrees(with: "PROXY ") || agrees(with: "\r\n\r\n\0\r\nQUIT\n") { return .proxyHeader }
    if agrees(with: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") { return .http2Preface }
    if agrees(with: "HTTP/") { return .httpResponse }
    if Self.methods.contains(where: agrees(with:)) { return .httpRequest }
    // RFC 9113 section 6.5: a length of three bytes, type 4, no flags; a server's first frame.
    if bytes[0] == 0, bytes[3] == 4, bytes[4] == 0 { return .http2Settings }
    return .unknown
  }

  private static let methods = [
    "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ",
  ]

  /// Whether one is a prefix of the other.
  private func agrees(with text: String) -> Bool {
    zip(bytes, text.utf8).allSatisfy { $0 == $1 }
  }
}

extension TLSError {
  /// The peer's first bytes are not TLS.
  static func plaintext(_ found: PlaintextProtocol, bytes: [UInt8], attempted: String) -> TLSError {
    let name =
      switch found {
      case .httpRequest: "an HTTP request in plaintext"
      case .httpResponse: "an HTTP response in plaintext"
      case .http2Preface: "the HTTP/2 preface in plaintext (a client without TLS)"
      case .http2Settings: "an HTTP/2 SETTINGS frame in plaintext (a server without TLS)"
      case .proxyHeader:
        "a PROXY protocol header, which is not supported here: the load balancer must not send it"
      case .unknown: "bytes that are not TLS"
      }
    // A query may contain a password.
    let shown = found == .httpRequest ? bytes.prefix { $0 != UInt8(ascii: "?") } : bytes[...]
    return TLSError(.plaintextPeer(found), "\(attempted): the peer sent \(name): \"\(printable(shown))\"")
  }
}
