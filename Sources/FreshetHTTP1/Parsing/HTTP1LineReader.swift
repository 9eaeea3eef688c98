// Finds heads and lines in bytes that arrive cut anywhere.
import FreshetText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that are already in one piece are not copied. Lines end with CR LF, and nothing else ends one (RFC 9112 §2.2,
/// web.md W101). Bounds what a message has besides its body. Pure.
struct HTTP1LineReader {
  struct Limits {
    var startLineBytes: Int
    /// All of a message's fields, trailers and chunk extensions included.
    var headerBytes: Int
    /// Whether empty lines before a head are skipped, as a server should (RFC 9112 §2.2).
    var skipsEmptyLines: Bool
  }

  private let limits: Limits
  /// The beginning of a head or line whose rest has not arrived.
  private var kept: [UInt8] = []
  /// Where the head begins in the bytes looked at, and the line that was not finished.
  private var headStart = 0
  private var lineStart = 0
  /// How many bytes of this message were neither its start line nor its body.
  private var headerBytes = 0

  init(_ limits: Limits) { self.limits = limits }

  /// Called between messages.
  mutating func beginMessage() { headerBytes = 0 }

  /// Whether a head or line has begun.
  var isInside: Bool { !kept.isEmpty }

  /// Takes a head from the input.
  /// - Parameter parse: given its lines with their ends, up to and including the empty one.
  /// - Returns: nil when more is needed.
  mutating func readHead<Head>(
    _ input: inout UnsafeRawBufferPointer, _ parse: (UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Head
  ) throws(HTTP1SyntaxError) -> Head? {
    try read(&input, of: { (reader, bytes) throws(HTTP1SyntaxError) in try reader.endOfHead(bytes) }, parse)
  }

  /// Takes a line from the input.
  /// - Parameter parse: given the line without its end.
  /// - Returns: nil when more is needed.
  mutating func readLine<Line>(
    _ input: inout UnsafeRawBufferPointer, _ parse: (UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Line
  ) throws(HTTP1SyntaxError) -> Line? {
    try read(&input, of: { (reader, bytes) throws(HTTP1SyntaxError) in try reader.endOfLine(bytes) }) {
      (line) throws(HTTP1SyntaxError) in try parse(UnsafeRawBufferPointer(rebasing: line.dropLast(2)))
    }
  }

  /// The size of a chunk does not count as part of the header.
  mutating func discount(_ bytes: Int) { headerBytes -= bytes }

  private mutating func read<Result>(
    _ input: inout UnsafeRawBufferPointer,
    of end: (inout HTTP1LineReader, UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Int?,
    _ parse: (UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Result
  ) throws(HTTP1SyntaxError) -> Result? {
    if kept.isEmpty {
      guard let count = try end(&self, input) else {
        kept = Array(input)
        input = UnsafeRawBufferPointer(rebasing: input.suffix(0))
        return nil
      }
      let part = UnsafeRawBufferPointer(rebasing: input[headStart..<count])
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(count))
      startOver()
      return try parse(part)
    }
    var bytes: [UInt8] = []
    swap(&bytes, &kept)
    let before = bytes.count
    bytes += input
    guard let count = try withBytes(bytes, { (all) throws(HTTP1SyntaxError) in try end(&self, all) }) else {
      kept = bytes
      input = UnsafeRawBufferPointer(rebasing: input.suffix(0))
      return nil
    }
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(count - before))
    let start = headStart
    startOver()
    return try withBytes(bytes) { (all) throws(HTTP1SyntaxError) in
      try parse(UnsafeRawBufferPointer(rebasing: all[start..<count]))
    }
  }

  private mutating func startOver() {
    headStart = 0
    lineStart = 0
  }

  private func withBytes<Result>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Result
  ) throws(HTTP1SyntaxError) -> Result {
    try bytes.span.withUnsafeBytes { (bytes) throws(HTTP1SyntaxError) in try body(bytes) }
  }

  /// Where the head ends, behind its empty line.
  private mutating func endOfHead(_ bytes: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Int? {
    while let next = try nextLine(bytes) {
      let isEmpty = next - lineStart == 2, isFirst = lineStart == headStart
      if isEmpty, !isFirst || !limits.skipsEmptyLines { return next }
      if isEmpty { headStart = next }
      if isFirst && !isEmpty {
        if next - lineStart - 2 > limits.startLineBytes { throw startLineIsTooLong }
      } else {
        try count(next - lineStart)
      }
      lineStart = next
    }
    let rest = bytes.count - lineStart
    if lineStart == headStart {
      if rest > limits.startLineBytes + 1 { throw startLineIsTooLong }
    } else if headerBytes + rest > limits.headerBytes + 2 {
      throw fieldsAreTooLong
    }
    return nil
  }

  private mutating func endOfLine(_ bytes: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Int? {
    guard let next = try nextLine(bytes) else {
      if headerBytes + bytes.count > limits.headerBytes { throw fieldsAreTooLong }
      return nil
    }
    try count(next)
    return next
  }

  /// The beginning of the next line.
  private func nextLine(_ bytes: UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Int? {
    guard lineStart < bytes.count, let start = bytes.baseAddress else { return nil }
    guard let feed = memchr(start + lineStart, 0x0A, bytes.count - lineStart) else { return nil }
    let index = UnsafeRawPointer(feed) - start
    guard index > lineStart, bytes[index - 1] == 0x0D else {
      throw HTTP1SyntaxError("has a line that does not end with CR LF")
    }
    return index + 1
  }

  private mutating func count(_ bytes: Int) throws(HTTP1SyntaxError) {
    headerBytes += bytes
    if headerBytes > limits.headerBytes { throw fieldsAreTooLong }
  }

  private var startLineIsTooLong: HTTP1SyntaxError {
    HTTP1SyntaxError(.startLineTooLong, "has a first line of more than \(limits.startLineBytes) bytes")
  }

  private var fieldsAreTooLong: HTTP1SyntaxError {
    HTTP1SyntaxError(.fieldsTooLong, "has header fields of more than \(limits.headerBytes) bytes (maxHeaderBytes)")
  }
}
