// The fields that determine where a message and its connection end.
import FreshetText

/// Takes the fields of a head one by one. Two answers to where a message ends are an attack on what follows it (RFC 9112
/// §11.2, web.md W101). Pure.
struct HTTP1FieldScan {
  enum Body: Equatable {
    /// Nothing says that there is one.
    case unknown
    case length(Int)
    case chunked
  }

  private var length: Int?
  private var hasCodings = false
  private var codings: [String] = []
  private(set) var closes = false
  private(set) var keepsAlive = false
  private var upgrades: [String] = []
  private var connectionNamesUpgrade = false

  /// - Returns: whether the field concerns the connection alone, or the message's framing, and is no field of the
  ///   message (RFC 9110 §7.6.1).
  mutating func take(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(HTTP1SyntaxError) -> Bool {
    switch name.count {
    case 2: return name.equals("te")
    case 7 where name.equals("upgrade"):
      upgrades += listItems(value)
      return true
    case 7: return name.equals("trailer")
    case 10 where name.equals("connection"):
      for item in listItems(value) {
        if item == "close" { closes = true }
        if item == "keep-alive" { keepsAlive = true }
        if item == "upgrade" { connectionNamesUpgrade = true }
      }
      return true
    case 10: return name.equals("keep-alive")
    case 14 where name.equals("content-length"):
      if length != nil { throw HTTP1SyntaxError("has several Content-Length fields") }
      length = try Self.number(value)
      return false
    case 14: return name.equals("http2-settings")
    case 16: return name.equals("proxy-connection")
    case 17 where name.equals("transfer-encoding"):
      hasCodings = true
      codings += listItems(value)
      return true
    default: return false
    }
  }

  /// The protocol that the connection is to be switched to, if it is one of these.
  func upgrade(among known: [String]) -> String? {
    connectionNamesUpgrade ? upgrades.first { known.contains($0) } : nil
  }

  func body(isHTTP10: Bool) throws(HTTP1SyntaxError) -> Body {
    if !hasCodings { return length.map { .length($0) } ?? .unknown }
    if length != nil { throw HTTP1SyntaxError("has both Transfer-Encoding and Content-Length") }
    if isHTTP10 { throw HTTP1SyntaxError("has a Transfer-Encoding, which HTTP/1.0 has not") }
    guard codings.last == "chunked", !codings.dropLast().contains("chunked") else {
      throw HTTP1SyntaxError("has a Transfer-Encoding that does not end with chunked")
    }
    if codings.count > 1 { throw HTTP1SyntaxError(.notImplemented, "has another transfer coding than chunked") }
    return .chunked
  }

  private static func number(_ value: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Int {
    guard (1...18).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw HTTP1SyntaxError("has a Content-Length that is no number: “\(printable(value.prefix(40)))”")
    }
    return value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
