// Field lines, and the lines of a head.
import FreshetText

/// Splits heads into lines and fields (RFC 9112 §5). Pure.
enum HTTP1FieldLine {
  /// Calls `body` with each line of a head, without line ends, up to the empty one.
  /// - Parameter head: complete lines, the last one empty.
  static func forEachLine(
    of head: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Void
  ) throws(HTTP1SyntaxError) {
    var start = 0
    for index in 0..<head.count where head[index] == 0x0A {
      if index - start < 2 { return }
      try body(UnsafeRawBufferPointer(rebasing: head[start..<index - 1]))
      start = index + 1
    }
  }

  /// Calls `body` with the name in lower case, and the value without the blanks around it.
  static func read(
    _ line: UnsafeRawBufferPointer,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Void
  ) throws(HTTP1SyntaxError) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw noField(line) }
    var start = colon + 1, end = line.count
    while start < end, isBlank(line[start]) { start += 1 }
    while start < end, isBlank(line[end - 1]) { end -= 1 }
    let value = UnsafeRawBufferPointer(rebasing: line[start..<end])
    for byte in value where !isFieldValueByte(byte) {
      throw HTTP1SyntaxError("has a control character in a field: “\(printable(line.prefix(80)))”")
    }
    var fault: HTTP1SyntaxError?
    withUnsafeTemporaryAllocation(byteCount: colon, alignment: 1) { name in
      do throws(HTTP1SyntaxError) {
        try lowercase(line, into: name)
        try body(UnsafeRawBufferPointer(name), value)
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
  }

  private static func lowercase(
    _ line: UnsafeRawBufferPointer, into name: UnsafeMutableRawBufferPointer
  ) throws(HTTP1SyntaxError) {
    for index in 0..<name.count {
      let byte = line[index], lower = byte | 0x20
      if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) {
        name[index] = lower
      } else {
        guard isTokenByte(byte) else { throw noField(line) }
        name[index] = byte
      }
    }
  }

  private static func noField(_ line: UnsafeRawBufferPointer) -> HTTP1SyntaxError {
    HTTP1SyntaxError("has a line that is no field: “\(printable(line.prefix(80)))”")
  }
}
