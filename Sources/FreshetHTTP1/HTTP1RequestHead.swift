// The head of an HTTP/1.1 request, validated and converted to HTTP/2's form.
import FreshetHTTP
import NIOHTTP1

/// The contents of a request's head. Pure.
struct HTTP1RequestHead {
  /// Pseudo-header fields first, then the others in lower case, without connection-specific ones.
  var fields = HeaderFields()
  /// The value of grpc-timeout, which differs from call to call.
  var timeout: String?
  var isHTTP10: Bool
  var isHead: Bool
  /// Whether the connection stays open for another request.
  var keepsAlive: Bool
  var expectsContinue = false
  /// nil for chunked bodies; 0 without a body.
  var contentLength: Int? = 0

  init(_ head: HTTPRequestHead, isTLS: Bool, settings: HTTP1Settings) throws(HTTP1Refusal) {
    guard head.version.major == 1 else {
      throw HTTP1Refusal(status: 505, reason: "this version of HTTP is not served here")
    }
    guard head.uri.utf8.count <= settings.maxTargetBytes else {
      throw HTTP1Refusal(status: 414, reason: "the request target exceeds \(settings.maxTargetBytes) bytes")
    }
    isHTTP10 = head.version.minor == 0
    isHead = head.method == .HEAD
    keepsAlive = head.isKeepAlive
    let scan = try FieldScan(head.headers)
    try check(scan)
    let (authority, path) = try target(head, host: scan.host)
    fields.append(":method", head.method.rawValue)
    fields.append(":scheme", isTLS ? "https" : "http")
    if let authority { fields.append(":authority", authority) }
    fields.append(":path", path)
    for (name, value) in head.headers { add(name, value) }
  }

  private mutating func add(_ name: String, _ value: String) {
    var (name, value) = (name, value)
    name.withUTF8 { name in
      UnsafeRawBufferPointer(name).lowercased { name in
        if name.count == 12, name.equals("grpc-timeout") {
          timeout = value
        } else if !Self.isOfConnection(name) {
          value.withUTF8 { fields.append(name, UnsafeRawBufferPointer($0)) }
        }
      }
    }
  }

  /// Whether a field concerns this connection, or has been read (`FieldScan`).
  private static func isOfConnection(_ name: UnsafeRawBufferPointer) -> Bool {
    switch name.count {
    case 2: name.equals("te")
    case 4: name.equals("host")
    case 6: name.equals("expect")
    case 7: name.equals("trailer") || name.equals("upgrade")
    case 10: name.equals("connection") || name.equals("keep-alive")
    case 14: name.equals("http2-settings")
    case 16: name.equals("proxy-connection")
    case 17: name.equals("transfer-encoding")
    default: false
    }
  }

  private mutating func check(_ scan: FieldScan) throws(HTTP1Refusal) {
    if scan.hostCount > 1 { throw .badRequest("the request has several Host fields") }
    if scan.hostCount == 0, !isHTTP10 { throw .badRequest("the request has no Host field") }
    if scan.lengthCount > 1 { throw .badRequest("the request has several Content-Length fields") }
    if scan.codings != nil, scan.lengthCount > 0 {
      throw .badRequest("the request has both Transfer-Encoding and Content-Length")
    }
    if let codings = scan.codings {
      if isHTTP10 { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
      guard codings.last == "chunked", codings.dropLast().allSatisfy({ $0 != "chunked" }) else {
        throw .badRequest("the last transfer coding is not chunked")
      }
      if codings.count > 1 {
        throw HTTP1Refusal(status: 501, reason: "chunked is the only transfer coding served here")
      }
      contentLength = nil
    } else if let length = scan.length {
      guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(length) else {
        throw .badRequest("the request's Content-Length is no number")
      }
      contentLength = count
    }
    switch scan.expectation {
    case nil: break
    case "100-continue": expectsContinue = !isHTTP10 && contentLength != 0
    default: throw HTTP1Refusal(status: 417, reason: "100-continue is the only expectation served here")
    }
    // llhttp treats bytes after an upgrade as the other protocol, so this is the connection's last request (W3).
    if scan.asksForUpgrade { keepsAlive = false }
  }

  /// RFC 9112 §3.2. In absolute form, which proxies use, the target's authority overrides Host.
  private func target(_ head: HTTPRequestHead, host: String?) throws(HTTP1Refusal) -> (String?, String) {
    let uri = head.uri
    if head.method == .CONNECT { throw HTTP1Refusal(status: 501, reason: "the server is no proxy") }
    if uri.hasPrefix("/") || uri == "*" && head.method == .OPTIONS { return (host, uri) }
    guard let scheme = uri.range(of: "://") else { throw .badRequest("the request target is malformed") }
    guard ["http", "https"].contains(uri[..<scheme.lowerBound].lowercased()) else {
      throw .badRequest("the request target has a scheme other than http and https")
    }
    let rest = uri[scheme.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end], path = rest[end...]
    if authority.isEmpty || authority.contains("@") { throw .badRequest("the request target has no proper authority") }
    return (String(authority), path.hasPrefix("/") ? String(path) : "/" + path)
  }
}

/// The fields that determine a request's length and target.
private struct FieldScan {
  var host: String?
  var hostCount = 0
  var length: String?
  var lengthCount = 0
  var codings: [String]?
  var expectation: String?
  var asksForUpgrade = false

  init(_ headers: HTTPHeaders) throws(HTTP1Refusal) {
    var hasUpgrade = false, connectionNamesUpgrade = false
    for (name, value) in headers {
      guard Self.mayMatter(name.utf8.count) else { continue }
      switch name.lowercased() {
      case "host": (host, hostCount) = (value, hostCount + 1)
      case "content-length": (length, lengthCount) = (value, lengthCount + 1)
      case "transfer-encoding": codings = (codings ?? []) + Self.list(value)
      case "expect": expectation = value.lowercased()
      case "upgrade": hasUpgrade = true
      case "connection": if Self.list(value).contains("upgrade") { connectionNamesUpgrade = true }
      default: break
      }
    }
    asksForUpgrade = hasUpgrade && connectionNamesUpgrade
    if let host, host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2F || $0 == 0x40 || $0 == 0x2C }) {
      throw .badRequest("the request's Host field is malformed")
    }
  }

  /// Whether one of the names above has this length.
  private static func mayMatter(_ length: Int) -> Bool {
    switch length {
    case 4, 6, 7, 10, 14, 17: true
    default: false
    }
  }

  /// The members of a list, in lower case.
  private static func list(_ value: String) -> [String] {
    value.split(separator: ",", omittingEmptySubsequences: true).map { member in
      var text = member[...]
      while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
      while let last = text.last, last == " " || last == "\t" { text.removeLast() }
      return text.lowercased()
    }
  }
}

extension String {
  fileprivate func range(of other: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      formIndex(after: &start)
    }
    return nil
  }
}
