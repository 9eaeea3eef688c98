// What a request is addressed to: an authority, and maybe another protocol.
import FreshetText

/// The fields of a head that decide on its pseudo-header fields, looked for before the others are read. Pure.
struct HTTP1Addressing {
  private var hostField: UnsafeRawBufferPointer?
  private var upgrades: [String] = []
  private var connectionNamesUpgrade = false

  /// Looks for them in a line of the head.
  mutating func look(_ line: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) {
    if let value = Self.value(of: "host", in: line) {
      try take(host: value)
    } else if let value = Self.value(of: "upgrade", in: line) {
      upgrades += listItems(value)
    } else if let value = Self.value(of: "connection", in: line), listItems(value).contains("upgrade") {
      connectionNamesUpgrade = true
    }
  }

  /// - Returns: nil if this is another line.
  private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let count = name.utf8CodeUnitCount
    guard line.count > count, line[count] == UInt8(ascii: ":") else { return nil }
    for index in 0..<count where line[index] | 0x20 != name.utf8Start[index] { return nil }
    var start = count + 1, end = line.count
    while start < end, isBlank(line[start]) { start += 1 }
    while start < end, isBlank(line[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<end])
  }

  private mutating func take(host: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) {
    if hostField != nil { throw HTTP1SyntaxError("has several Host fields") }
    for byte in host where byte <= 0x20 || "/@,\\?#".utf8.contains(byte) {
      throw HTTP1SyntaxError("has a malformed Host field: “\(printable(host.prefix(80)))”")
    }
    hostField = host
  }

  /// The authority (RFC 9112 §3.2).
  func host(isHTTP10: Bool) throws(HTTP1SyntaxError) -> UnsafeRawBufferPointer? {
    if hostField == nil, !isHTTP10 { throw HTTP1SyntaxError("has no Host field") }
    return hostField
  }

  /// The protocol that the client wants to switch to, if it is one of these.
  func upgrade(among known: [String]) -> String? {
    connectionNamesUpgrade ? upgrades.first { known.contains($0) } : nil
  }
}
