// Determines a client's protocol from its first bytes, where TLS has not settled it (web.md W2).
import FreshetTLS
import FreshetText

/// The beginning of a connection without TLS.
enum OpeningBytes: Equatable {
  /// It may still be either protocol.
  case undecided
  case speaks(ApplicationProtocol)
  /// A TLS handshake, on a port without TLS.
  case tls

  /// HTTP/2 begins with `PRI * HTTP/2.0` (RFC 9113 §3.4), and no method of HTTP/1.1 begins with `PRI`: `POST`, `PUT`,
  /// `PATCH` and `PROPFIND` share a shorter prefix with it. So three bytes decide.
  init(_ bytes: UnsafeRawBufferPointer) {
    let start = bytes.prefix(3)
    if start.first == 0x16 {
      self = .tls
    } else if start.elementsEqual("PRI".utf8.prefix(start.count)) {
      self = start.count == 3 ? .speaks(.http2) : .undecided
    } else {
      self = .speaks(.http1)
    }
  }
}
