// The numbers that say why a WebSocket was closed (RFC 6455 §7.4).

/// A close code: one of RFC 6455 and IANA's registry, or one of a library's (3000–3999) or an application's own
/// (4000–4999).
public struct CloseCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  public var rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The purpose of the connection is fulfilled.
  public static let normal = CloseCode(rawValue: 1000)
  /// A server that drains, or a page that is left.
  public static let goingAway = CloseCode(rawValue: 1001)
  /// The peer broke the protocol.
  public static let protocolError = CloseCode(rawValue: 1002)
  /// A kind of message that is not taken, such as binary ones where only text is.
  public static let unsupportedData = CloseCode(rawValue: 1003)
  /// The peer's close had no code. Never sent.
  public static let noStatus = CloseCode(rawValue: 1005)
  /// The connection ended without a close. Never sent.
  public static let abnormal = CloseCode(rawValue: 1006)
  /// Text that is not UTF-8, or data that cannot be decompressed.
  public static let invalidData = CloseCode(rawValue: 1007)
  /// The peer did what is not allowed here, or did not answer pings.
  public static let policyViolation = CloseCode(rawValue: 1008)
  /// A message beyond the limit.
  public static let messageTooBig = CloseCode(rawValue: 1009)
  /// The client needs an extension that the server did not agree to.
  public static let extensionMissing = CloseCode(rawValue: 1010)
  /// The server failed, such as by an error in its handler.
  public static let internalError = CloseCode(rawValue: 1011)
  /// The server restarts.
  public static let serviceRestart = CloseCode(rawValue: 1012)
  /// The server is overloaded.
  public static let tryAgainLater = CloseCode(rawValue: 1013)
  /// A gateway got no proper answer from the server behind it.
  public static let badGateway = CloseCode(rawValue: 1014)
  /// TLS failed. Never sent.
  public static let tlsFailure = CloseCode(rawValue: 1015)

  /// Whether the code may be in a frame (W71): 1000–1003, 1007–1014 and 3000–4999.
  public var isSendable: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Whether the code says that all went well (W87): done, going away, or no reason given.
  public var isRegular: Bool { self == .normal || self == .goingAway || self == .noStatus }

  public var description: String { "\(rawValue)" }
}
