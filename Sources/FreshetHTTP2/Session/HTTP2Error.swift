// Errors of a whole HTTP/2 session.
public import FreshetHTTP

/// The peer broke HTTP/2, or nghttp2 failed; the connection must be closed.
public struct HTTP2Error: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The first bytes were not the client's connection preface (RFC 9113 §3.4).
    case badPreface
    /// They were an HTTP/1 request: a health probe, or a client of the wrong protocol.
    case http1Request
    /// The peer has exceeded one of the `FloodLimits`; a GOAWAY is pending.
    case flooded
    /// The peer broke another rule of HTTP/2; a GOAWAY with this code is pending.
    case violation(ErrorCode)
    /// nghttp2 refused a request of ours, for example because the session is already closing.
    case refused
    /// A setting is out of range.
    case invalidSetting
    /// A header section to be sent exceeds the peer's limit, or 128 KiB.
    case headersTooLarge
    /// All 2³⁰ stream identifiers of this connection are used up.
    case outOfStreamIDs
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
