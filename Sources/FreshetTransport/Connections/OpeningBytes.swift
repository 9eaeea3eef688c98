// Tells by the first bytes of a client what it speaks, where TLS has not settled that (web.md W2).
import FreshetTLS
import FreshetText

/// What a connection without TLS begins with.
enum OpeningBytes: Equatable {
  /// So far it may be either protocol.
  case undecided
  case speaks(ApplicationProtocol)
  /// A handshake of TLS, at a port that has none.
  case tls

  /// HTTP/2 begins with `PRI * HTTP/2.0` (RFC 9113 §3.4), and no method of HTTP/1.1 begins with `PRI`: `POST`, `PUT`, `PATCH`
  /// and `PROPFIND` share less with it. So three bytes decide.
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
