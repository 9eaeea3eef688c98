// The first line of a request.
import FreshetText

/// `GET /path HTTP/1.1`: single spaces, and nothing else around them (RFC 9112 §3, web.md W101). Pure.
struct HTTP1RequestLine {
  let method: UnsafeRawBufferPointer
  let isHTTP10: Bool
  private let requestTarget: UnsafeRawBufferPointer

  init(_ line: UnsafeRawBufferPointer, _ settings: HTTP1Settings) throws(HTTP1SyntaxError) {
    let methodBytes = line.prefix { isTokenByte($0) }.count
    guard methodBytes > 0, methodBytes < line.count, line[methodBytes] == UInt8(ascii: " ") else {
      throw HTTP1SyntaxError("has no proper method: “\(printable(line.prefix(40)))”")
    }
    method = UnsafeRawBufferPointer(rebasing: line[..<methodBytes])
    let rest = UnsafeRawBufferPointer(rebasing: line[(methodBytes + 1)...])
    let targetBytes = rest.prefix { $0 > 0x20 && $0 != 0x7F }.count
    guard targetBytes > 0, targetBytes < rest.count, rest[targetBytes] == UInt8(ascii: " ") else {
      throw HTTP1SyntaxError("has a malformed first line: “\(printable(line.prefix(80)))”")
    }
    if targetBytes > settings.maxTargetBytes {
      throw HTTP1SyntaxError(
        .startLineTooLong, "has a target of more than \(settings.maxTargetBytes) bytes (maxTargetBytes)")
    }
    requestTarget = UnsafeRawBufferPointer(rebasing: rest[..<targetBytes])
    isHTTP10 = try Self.isHTTP10(UnsafeRawBufferPointer(rebasing: rest[(targetBytes + 1)...]))
  }

  private static func isHTTP10(_ version: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Bool {
    guard version.count == 8, UnsafeRawBufferPointer(rebasing: version[..<5]).equals("HTTP/"), isDigit(version[5]),
      version[6] == UInt8(ascii: "."), isDigit(version[7])
    else { throw HTTP1SyntaxError("has a malformed version of HTTP: “\(printable(version.prefix(40)))”") }
    if version[5] != UInt8(ascii: "1") {
      throw HTTP1SyntaxError(.unknownVersion, "has a version of HTTP that is not served here")
    }
    return version[7] == UInt8(ascii: "0")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  // MARK: Target

  /// RFC 9112 §3.2. In absolute form, which proxies use, the target's authority overrides Host.
  /// - Returns: the path is empty, or only a query, where the target has no path.
  func target(
    host: UnsafeRawBufferPointer?
  ) throws(HTTP1SyntaxError) -> (authority: UnsafeRawBufferPointer?, path: UnsafeRawBufferPointer) {
    if method.equals("CONNECT") { throw HTTP1SyntaxError(.notImplemented, "asks for a proxy") }
    if requestTarget[0] == UInt8(ascii: "/") || requestTarget.equals("*") && method.equals("OPTIONS") {
      return (host, requestTarget)
    }
    guard let colon = requestTarget.firstIndex(of: UInt8(ascii: ":")), requestTarget.count > colon + 3,
      UnsafeRawBufferPointer(rebasing: requestTarget[colon..<colon + 3]).equals("://")
    else { throw HTTP1SyntaxError("has a malformed target: “\(printable(requestTarget.prefix(80)))”") }
    guard ["http", "https"].contains(String(decoding: requestTarget[..<colon], as: UTF8.self).lowercased()) else {
      throw HTTP1SyntaxError("has a target with another scheme than http and https")
    }
    let rest = requestTarget[(colon + 3)...]
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let authority = UnsafeRawBufferPointer(rebasing: rest[..<end])
    if authority.isEmpty || authority.contains(UInt8(ascii: "@")) {
      throw HTTP1SyntaxError("has a target without a proper authority")
    }
    return (authority, UnsafeRawBufferPointer(rebasing: rest[end...]))
  }
}
