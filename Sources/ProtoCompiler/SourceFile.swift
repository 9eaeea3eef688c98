// The text of one schema file, and positions in it.

/// One `.proto` file.
struct SourceFile: Sendable {
  /// The name by which files import it, relative to a proto path: `echo/v1/echo.proto`.
  let name: String
  /// The name in messages: the path for an editor.
  let displayPath: String
  let bytes: [UInt8]

  /// The line that contains the byte at `offset`, without its line ending, and the offset of its first byte.
  func line(at offset: Int) -> (text: String, start: Int) {
    let offset = min(max(offset, 0), bytes.count)
    let newline = UInt8(ascii: "\n")
    let start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
    var end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return (String(decoding: bytes[start..<end], as: UTF8.self), start)
  }
}

/// A position between two bytes of a file.
struct Position: Sendable, Hashable {
  /// In bytes, from 0.
  var offset: Int
  /// From 0.
  var line: Int
  /// From 0, in bytes, with tabs at every eighth column: the convention of `SourceCodeInfo`.
  var column: Int

  static let start = Position(offset: 0, line: 0, column: 0)
}

/// The part of a file from one position to another.
struct Span: Sendable, Hashable {
  var start: Position
  var end: Position

  /// In the form of `SourceCodeInfo.Location.span`: the end's line is omitted if it equals the start's.
  var encoded: [Int32] {
    let (startLine, startColumn) = (Int32(clamping: start.line), Int32(clamping: start.column))
    let (endLine, endColumn) = (Int32(clamping: end.line), Int32(clamping: end.column))
    return startLine == endLine ? [startLine, startColumn, endColumn] : [startLine, startColumn, endLine, endColumn]
  }
}
