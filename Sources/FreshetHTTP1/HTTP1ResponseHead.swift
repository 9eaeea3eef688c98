// The head of an HTTP/1.1 response, validated and converted to HTTP/2's form.
package import FreshetHTTP
import FreshetText

/// What is wrong with a response. Its connection closes, since nothing after it can be trusted.
package struct HTTP1ResponseError: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }
}

/// The contents of a response's head. Pure.
package struct HTTP1ResponseHead: Equatable {
  package var status: Int
  /// `:status`, then the fields in lower case, without connection-specific ones.
  package var fields = HeaderFields()
  var isHTTP10: Bool
  /// Whether the connection may carry another request.
  package var keepsAlive: Bool
  /// The framing of the body (RFC 9112 §6.3).
  var framing: HTTP1BodyFraming

  var isInterim: Bool { (100..<200).contains(status) }

  /// - Parameter lines: without their line ends.
  init(_ lines: [ArraySlice<UInt8>], isHead: Bool, maxFields: Int) throws(HTTP1ResponseError) {
    let first = lines.first ?? []
    (status, isHTTP10) = try Self.statusLine(first)
    if status == 101 { throw HTTP1ResponseError("the server switches to another protocol, which was not asked for") }
    fields.append(":status", String(status))
    var scan = FramingScan()
    guard lines.count - 1 <= maxFields else {
      throw HTTP1ResponseError("the response has \(lines.count - 1) fields, more than \(maxFields) (maxHeaderFields)")
    }
    for line in lines.dropFirst() {
      let (name, value) = try Self.field(line)
      try scan.take(name, value)
      if !Self.isConnectionSpecific(name) { fields.append(name, String(decoding: value, as: UTF8.self)) }
    }
    keepsAlive = isHTTP10 ? scan.keepsAlive : !scan.closes
    framing = try scan.framing(status: status, isHead: isHead, isHTTP10: isHTTP10)
  }

  /// `HTTP/1.1 200 OK`; the reason may be missing.
  private static func statusLine(_ line: ArraySlice<UInt8>) throws(HTTP1ResponseError) -> (Int, isHTTP10: Bool) {
    let bytes = Array(line), prefix = Array("HTTP/1.".utf8)
    guard bytes.count >= 12, bytes.starts(with: prefix), isDigit(bytes[7]), bytes[8] == 0x20,
      bytes[9...11].allSatisfy(isDigit), bytes.count == 12 || bytes[12] == 0x20, isText(bytes[12...])
    else {
      throw HTTP1ResponseError("the server does not speak HTTP/1.1 (“\(printable(line.prefix(40)))”)")
    }
    return (bytes[9...11].reduce(0) { $0 * 10 + Int($1 - 0x30) }, bytes[7] == 0x30)
  }

  private static func field(
    _ line: ArraySlice<UInt8>
  ) throws(HTTP1ResponseError) -> (name: String, value: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isTokenByte)
    else { throw HTTP1ResponseError("the response has a line that is no field: “\(printable(line.prefix(80)))”") }
    var value = line[(colon + 1)...]
    while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
    while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
    guard isText(value) else {
      throw HTTP1ResponseError("a field of the response has a control character: “\(printable(line.prefix(80)))”")
    }
    return (String(decoding: line[..<colon], as: UTF8.self).lowercased(), value)
  }

  private static func isConnectionSpecific(_ name: String) -> Bool {
    switch name {
    case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade": true
    default: false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// No control characters but tabs (RFC 9110 §5.5).
  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }

  /// RFC 9110 §5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool { RequestLineScan.isTokenByte(byte) }
}

/// The fields that determine where a response ends.
private struct FramingScan {
  private var lengths: [ArraySlice<UInt8>] = []
  private var codings: [String]?
  private(set) var closes = false
  private(set) var keepsAlive = false

  mutating func take(_ name: String, _ value: ArraySlice<UInt8>) throws(HTTP1ResponseError) {
    switch name {
    case "content-length": lengths.append(value)
    case "transfer-encoding": codings = (codings ?? []) + Self.list(value)
    case "connection":
      for item in Self.list(value) {
        if item == "close" { closes = true }
        if item == "keep-alive" { keepsAlive = true }
      }
    default: break
    }
  }

  /// Two answers to where a response ends are an attack on what follows (RFC 9112 §11.2).
  func framing(status: Int, isHead: Bool, isHTTP10: Bool) throws(HTTP1ResponseError) -> HTTP1BodyFraming {
    if codings != nil, !lengths.isEmpty {
      throw HTTP1ResponseError("the response has both Transfer-Encoding and Content-Length")
    }
    if lengths.count > 1 { throw HTTP1ResponseError("the response has several Content-Length fields") }
    var length: Int?
    if let text = lengths.first {
      guard !text.isEmpty, text.count <= 18, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw HTTP1ResponseError("the response's Content-Length is no number: “\(printable(text.prefix(40)))”")
      }
      length = text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    if isHead || status == 204 || status == 304 || (100..<200).contains(status) { return .none }
    if let codings {
      guard codings == ["chunked"], !isHTTP10 else {
        throw HTTP1ResponseError("the response's Transfer-Encoding is not chunked")
      }
      return .chunked
    }
    return length.map { .length(left: $0) } ?? .untilClose
  }

  /// The members of a list, in lower case.
  private static func list(_ value: ArraySlice<UInt8>) -> [String] {
    value.split(separator: UInt8(ascii: ",")).map { item in
      String(decoding: item.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
    }
  }
}
