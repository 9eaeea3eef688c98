// Errors that end a connection, or prevent it.
public import FreshetHTTP
import FreshetHTTP2
import FreshetTLS
import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// An error of a whole connection. Its message says what was attempted, with what, and what came back.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// No address of the target could be connected to, or its name does not resolve.
    case connect
    /// The address cannot be listened on.
    case bind
    /// Connections cannot be accepted; the cause is the system's error.
    case accept
    /// The TLS session failed; the cause is a `TLSError`.
    case tls
    /// The peer broke HTTP/2, or speaks something else; the cause is an `HTTP2Error`.
    case http2
    /// The peer broke HTTP/1.1, or speaks something else.
    case http1
    /// The socket failed.
    case socket
    /// The peer closed the connection.
    case closedByPeer
    /// The peer is going away and takes no new calls, possibly with an explanation.
    case goaway(ErrorCode, debugData: String)
    /// The peer did not finish its part of the handshake in time.
    case handshakeTimeout
    /// The peer began a header block and did not end it in time.
    case headerTimeout
    /// The peer did not read pending output.
    case writeTimeout
    /// A setting is out of range; the cause is an `HTTP2Error`.
    case invalidSetting
    /// The peer did not answer a PING.
    case keepaliveTimeout
    /// The connection takes no more streams, for good.
    case noMoreStreams
    /// A header section to be sent is too large.
    case headersTooLarge
    /// This side closed the connection.
    case closedByUs
  }

  public var kind: Kind
  public var message: String
  public var cause: (any Error)?

  public init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
    self.kind = kind
    self.message = message
    self.cause = cause
  }

  /// Wraps an error of a lower layer or NIO.
  init(_ error: any Error) {
    switch error {
    case let error as TransportError: self = error
    case let error as TLSError: self.init(.tls, "TLS failed: \(error)", cause: error)
    case let error as HTTP2Error where error.kind == .invalidSetting:
      self.init(.invalidSetting, error.message, cause: error)
    case let error as HTTP2Error: self.init(Self.kind(of: error), "HTTP/2 failed: \(error)", cause: error)
    default: self.init(.socket, "the socket failed: \(error)", cause: error)
    }
  }

  /// Whether the peer reset the TCP connection.
  package var wasReset: Bool { (cause as? IOError)?.errnoCode == ECONNRESET }

  private static func kind(of error: HTTP2Error) -> Kind {
    switch error.kind {
    case .outOfStreamIDs: .noMoreStreams
    case .headersTooLarge: .headersTooLarge
    case .invalidSetting: .invalidSetting
    case .badPreface, .http1Request, .flooded, .violation, .refused: .http2
    }
  }

  public var description: String { message }
}
