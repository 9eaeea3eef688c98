// Finds the parts of a body.
//
//   length ─▶ ended        chunkSize ─▶ chunk ─▶ chunkEnd ─▶ chunkSize
//   untilClose                 └─▶ trailers ─▶ ended
import FreshetText

/// Reads one body in its framing (RFC 9112 §6, §7). Trailers must be fields, and are dropped. Pure.
struct HTTP1BodyReader {
  enum Event {
    case part(UnsafeRawBufferPointer)
    case end
  }

  private enum Place {
    /// So many bytes are missing. → ended
    case length(Int)
    /// → chunk, trailers
    case chunkSize
    /// So many bytes of a chunk are missing. → chunkEnd
    case chunk(Int)
    /// The line end after a chunk. → chunkSize
    case chunkEnd
    /// → ended
    case trailers
    /// The body ends with the connection, or with another protocol's own end.
    case untilClose
    case ended
  }

  private var place: Place

  init(_ framing: HTTP1BodyFraming) {
    place =
      switch framing {
      case .none, .length(left: 0): .ended
      case .length(let left): .length(left)
      case .chunked: .chunkSize
      case .untilClose: .untilClose
      }
  }

  var endsWithConnection: Bool {
    if case .untilClose = place { true } else { false }
  }

  /// The next part in the input, of which it removes what belongs to it.
  /// - Returns: nil when more is needed.
  mutating func next(
    _ input: inout UnsafeRawBufferPointer, _ lines: inout HTTP1LineReader
  ) throws(HTTP1SyntaxError) -> Event? {
    while true {
      switch place {
      case .ended: return .end
      case .length(let left):
        guard let part = Self.take(left, from: &input) else { return nil }
        place = part.count == left ? .ended : .length(left - part.count)
        return .part(part)
      case .untilClose:
        guard let part = Self.take(.max, from: &input) else { return nil }
        return .part(part)
      case .chunk(let left):
        guard let part = Self.take(left, from: &input) else { return nil }
        place = part.count == left ? .chunkEnd : .chunk(left - part.count)
        return .part(part)
      case .chunkEnd:
        let isEmpty = try lines.readLine(&input) { (line) throws(HTTP1SyntaxError) in line.isEmpty }
        guard let isEmpty else { return nil }
        if !isEmpty { throw HTTP1SyntaxError("has a chunk that is longer than its size") }
        lines.discount(2)
        place = .chunkSize
      case .chunkSize:
        let size = try lines.readLine(&input) { (line) throws(HTTP1SyntaxError) in try Self.chunkSize(line) }
        guard let size else { return nil }
        lines.discount(size.lineBytes + 2)
        place = size.bytes == 0 ? .trailers : .chunk(size.bytes)
      case .trailers:
        let isEmpty = try lines.readLine(&input) { (line) throws(HTTP1SyntaxError) in
          if line.isEmpty { return true }
          try HTTP1FieldLine.read(line) { (_, _) throws(HTTP1SyntaxError) in }
          return false
        }
        guard let isEmpty else { return nil }
        if isEmpty { place = .ended }
      }
    }
  }

  /// - Returns: nil without input.
  private static func take(_ count: Int, from input: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    if input.isEmpty { return nil }
    let part = UnsafeRawBufferPointer(rebasing: input.prefix(count))
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(part.count))
    return part
  }

  /// RFC 9112 §7.1; extensions are ignored, and their bytes count as the header's.
  private static func chunkSize(
    _ line: UnsafeRawBufferPointer
  ) throws(HTTP1SyntaxError) -> (bytes: Int, lineBytes: Int) {
    var size = 0, digits = 0
    while digits < line.count, let digit = hexDigit(line[digits]) {
      if digits == 15 { throw HTTP1SyntaxError("has a chunk size of more than 15 digits") }
      size = size << 4 | digit
      digits += 1
    }
    let rest = line.dropFirst(digits)
    // Blanks may precede the semicolon of an extension.
    guard digits > 0, rest.isEmpty || rest.drop(while: isBlank).first == UInt8(ascii: ";") else {
      throw HTTP1SyntaxError("has a malformed chunk size: “\(printable(line.prefix(40)))”")
    }
    return (size, digits)
  }

  private static func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
