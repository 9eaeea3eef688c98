// The head of an HTTP/1.1 request, validated and converted to HTTP/2's form.
package import FreshetHTTP
import FreshetText

/// The contents of a request's head. Pure.
package struct HTTP1RequestHead {
  /// Pseudo-header fields first, then the others in lower case, without connection-specific ones.
  package private(set) var fields = HeaderFields()
  /// The value of grpc-timeout, which differs from call to call.
  package private(set) var timeout: String?
  package private(set) var isHTTP10 = false
  package private(set) var isHead = false
  /// Whether the connection stays open for another request.
  package private(set) var keepsAlive = true
  private(set) var expectsContinue = false
  /// nil for chunked bodies; 0 without a body.
  package private(set) var contentLength: Int?
  /// Whether the connection is to be switched to one of `HTTP1Settings.upgrades`.
  private(set) var asksForUpgrade = false
  private var isGET = false

  /// - Parameter head: complete lines, the last one empty.
  init(_ head: UnsafeRawBufferPointer, isTLS: Bool, settings: HTTP1Settings) throws(HTTP1SyntaxError) {
    var host = HTTP1HostField()
    try HTTP1FieldLine.forEachLine(of: head) { (line) throws(HTTP1SyntaxError) in try host.look(line) }
    var scan = HTTP1FieldScan(), fieldCount = -1
    try HTTP1FieldLine.forEachLine(of: head) { (line) throws(HTTP1SyntaxError) in
      fieldCount += 1
      if fieldCount == 0 { return try take(HTTP1RequestLine(line, settings), host, isTLS: isTLS) }
      if fieldCount > settings.maxHeaderFields {
        throw HTTP1SyntaxError(
          .fieldsTooLong, "has more than \(settings.maxHeaderFields) header fields (maxHeaderFields)")
      }
      try HTTP1FieldLine.read(line) { (name, value) throws(HTTP1SyntaxError) in try take(name, value, &scan) }
    }
    keepsAlive = isHTTP10 ? scan.keepsAlive && !scan.closes : !scan.closes
    switch try scan.body(isHTTP10: isHTTP10) {
    case .unknown: contentLength = 0
    case .length(let count): contentLength = count
    case .chunked: contentLength = nil
    }
    if isHTTP10 || contentLength == 0 { expectsContinue = false }
    if isGET, !isHTTP10, let upgrade = scan.upgrade(among: settings.upgrades) {
      if contentLength != 0 { throw HTTP1SyntaxError("asks for another protocol, and has a body") }
      asksForUpgrade = true
      fields.append("upgrade", upgrade)
      fields.append("connection", "upgrade")
    }
  }

  private mutating func take(
    _ line: HTTP1RequestLine, _ host: HTTP1HostField, isTLS: Bool
  ) throws(HTTP1SyntaxError) {
    isHTTP10 = line.isHTTP10
    isHead = line.method.equals("HEAD")
    let target = try line.target(host: host.value(isHTTP10: isHTTP10))
    let scheme: StaticString = isTLS ? "https" : "http"
    isGET = line.method.equals("GET")
    append(":method", line.method)
    append(":scheme", UnsafeRawBufferPointer(start: scheme.utf8Start, count: scheme.utf8CodeUnitCount))
    if let authority = target.authority { append(":authority", authority) }
    if target.path.first != UInt8(ascii: "/"), !target.path.equals("*") {
      fields.append(":path", "/" + String(decoding: target.path, as: UTF8.self))
    } else {
      append(":path", target.path)
    }
  }

  private mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
    fields.append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
  }

  private mutating func take(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ scan: inout HTTP1FieldScan
  ) throws(HTTP1SyntaxError) {
    if try scan.take(name, value) { return }
    switch name.count {
    case 4 where name.equals("host"): break
    case 6 where name.equals("expect"):
      guard listItems(value) == ["100-continue"] else {
        throw HTTP1SyntaxError(.unknownExpectation, "has another expectation than 100-continue")
      }
      expectsContinue = true
    case 12 where name.equals("grpc-timeout"): timeout = String(decoding: value, as: UTF8.self)
    default: fields.append(name, value)
    }
  }
}
