// The head of an HTTP/1.1 response, validated and converted to HTTP/2's form.
package import FreshetHTTP
import FreshetText

/// The contents of a response's head. Pure.
package struct HTTP1ResponseHead: Equatable {
  package let status: Int
  /// `:status`, then the fields in lower case, without connection-specific ones unless the status is 101.
  package private(set) var fields = HeaderFields()
  let isHTTP10: Bool
  /// Whether the connection may carry another request.
  package let keepsAlive: Bool
  /// The framing of the body (RFC 9112 §6.3).
  let framing: HTTP1BodyFraming

  var isInterim: Bool { (100..<200).contains(status) }

  /// - Parameters:
  ///   - head: complete lines, the last one empty.
  ///   - isHead: whether the request was HEAD.
  init(_ head: UnsafeRawBufferPointer, isHead: Bool, maxFields: Int) throws(HTTP1SyntaxError) {
    var line: (status: Int, isHTTP10: Bool)?
    var fields = HeaderFields(), scan = HTTP1FieldScan(), fieldCount = -1
    try HTTP1FieldLine.forEachLine(of: head) { (text) throws(HTTP1SyntaxError) in
      fieldCount += 1
      if fieldCount == 0 {
        let read = try Self.statusLine(text)
        fields.append(":status", String(read.status))
        line = read
        return
      }
      if fieldCount > maxFields {
        throw HTTP1SyntaxError("has more than \(maxFields) header fields (maxHeaderFields)")
      }
      try HTTP1FieldLine.read(text) { (name, value) throws(HTTP1SyntaxError) in
        let isOfConnection = try scan.take(name, value)
        // What a connection switches to is for the call to judge.
        if !isOfConnection || line?.status == 101 { fields.append(name, value) }
      }
    }
    guard let line else { throw HTTP1SyntaxError("has no status line") }
    (status, isHTTP10) = line
    self.fields = fields
    keepsAlive = isHTTP10 ? scan.keepsAlive && !scan.closes : !scan.closes
    let body = try scan.body(isHTTP10: isHTTP10)
    if HTTP1BodyFraming.hasNoBody(status: status, isHead: isHead) {
      framing = .none
    } else {
      framing =
        switch body {
        case .unknown: .untilClose
        case .length(let count): .length(left: count)
        case .chunked: .chunked
        }
    }
  }

  /// `HTTP/1.1 200 OK`; the reason may be missing.
  private static func statusLine(
    _ line: UnsafeRawBufferPointer
  ) throws(HTTP1SyntaxError) -> (status: Int, isHTTP10: Bool) {
    guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), isDigit(line[7]), line[8] == 0x20,
      line[9..<12].allSatisfy(isDigit), line.count == 12 || line[12] == 0x20,
      line[12...].allSatisfy(isFieldValueByte)
    else { throw HTTP1SyntaxError("is not HTTP/1.1 (“\(printable(line.prefix(40)))”)") }
    return (line[9..<12].reduce(0) { $0 * 10 + Int($1 - 0x30) }, line[7] == 0x30)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
