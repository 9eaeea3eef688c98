// What can go wrong with a whole HTTP/2 session.
public import FreshetHTTP

/// The peer broke HTTP/2, or nghttp2 could not go on; the connection has to be closed.
public struct HTTP2Error: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The first bytes were not the client's connection preface (RFC 9113 §3.4).
    case badPreface
    /// They were a request of HTTP/1: a health probe's, or a client's that does not know better.
    case http1Request
    /// The peer has passed one of the `FloodLimits`; a GOAWAY waits to be sent.
    case flooded
    /// The peer broke another rule of HTTP/2; a GOAWAY with this code waits to be sent.
    case violation(ErrorCode)
    /// nghttp2 refused what we asked, for example because the session is already closing.
    case refused
    /// A setting is out of its range.
    case invalidSetting
    /// A header section of ours is larger than the peer takes, or than 128 KiB.
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
