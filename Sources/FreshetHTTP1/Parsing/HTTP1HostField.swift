// The authority that a request is addressed to (RFC 9112 §3.2).
import FreshetText

/// Host, looked for before the other fields are read, since a pseudo-header field is made of it. Pure.
struct HTTP1HostField {
  private var host: UnsafeRawBufferPointer?

  /// Looks for the field in a line of the head.
  mutating func look(_ line: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) {
    guard line.count >= 5, line[4] == UInt8(ascii: ":"), line[0] | 0x20 == UInt8(ascii: "h"),
      line[1] | 0x20 == UInt8(ascii: "o"), line[2] | 0x20 == UInt8(ascii: "s"), line[3] | 0x20 == UInt8(ascii: "t")
    else { return }
    if host != nil { throw HTTP1SyntaxError("has several Host fields") }
    var start = 5, end = line.count
    while start < end, isBlank(line[start]) { start += 1 }
    while start < end, isBlank(line[end - 1]) { end -= 1 }
    let value = UnsafeRawBufferPointer(rebasing: line[start..<end])
    for byte in value where byte <= 0x20 || "/@,\\?#".utf8.contains(byte) {
      throw HTTP1SyntaxError("has a malformed Host field: “\(printable(value.prefix(80)))”")
    }
    host = value
  }

  func value(isHTTP10: Bool) throws(HTTP1SyntaxError) -> UnsafeRawBufferPointer? {
    if host == nil, !isHTTP10 { throw HTTP1SyntaxError("has no Host field") }
    return host
  }
}
