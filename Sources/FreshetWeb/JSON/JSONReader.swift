// Reads JSON that a peer wrote, piece by piece, so that it never takes more memory than the caller keeps (RFC 8259).

/// Why something is no JSON, or another JSON than was expected.
struct JSONError: Error, Equatable, CustomStringConvertible {
  var problem: String
  /// How many bytes precede it.
  var offset: Int

  var description: String { "\(problem) at byte \(offset)" }
}

/// What a value is, as its first byte tells.
enum JSONKind: Equatable {
  case object, array, string, number, bool, null
}

/// Goes through one JSON text. Each value is read by the function of its kind, or skipped.
///
/// Strict: no comments, no trailing commas, no bytes that are no UTF-8, no lone surrogates, nothing behind the value. Where a name
/// occurs twice in an object, the caller sees both, in their order.
struct JSONReader {
  private let bytes: [UInt8]
  private var place = 0
  private var depth = 0
  private let maxDepth: Int

  /// - Parameter maxDepth: how many objects and arrays may be inside each other.
  init(_ bytes: some Sequence<UInt8>, maxDepth: Int = 100) {
    self.bytes = Array(bytes)
    self.maxDepth = maxDepth
  }

  /// What the next value is.
  mutating func peek() throws(JSONError) -> JSONKind {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw error(next == nil ? "a value is missing" : "no value begins like this")
    }
  }

  /// Reads an object. The closure has to read or skip each member's value.
  mutating func readObject(_ readMember: (inout JSONReader, String) throws(JSONError) -> Void) throws(JSONError) {
    try enter("{", "an object was expected")
    if take("}") { return leave() }
    repeat {
      skipBlanks()
      let name = try readString()
      guard take(":") else { throw error("a colon is missing") }
      try readMember(&self, name)
    } while take(",")
    guard take("}") else { throw error("a comma or the end of an object is missing") }
    leave()
  }

  /// Reads an array. The closure has to read or skip each value.
  mutating func readArray(_ readElement: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    try enter("[", "an array was expected")
    if take("]") { return leave() }
    repeat { try readElement(&self) } while take(",")
    guard take("]") else { throw error("a comma or the end of an array is missing") }
    leave()
  }

  mutating func readString() throws(JSONError) -> String {
    guard take("\"") else { throw error("a string was expected") }
    let start = place
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          place = start
          throw error("a string is no UTF-8")
        }
        place += 1
        return string
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case 0..<0x20: throw error("a string has a control character")
      default:
        text.append(byte)
        place += 1
      }
    }
    throw error("the end of a string is missing")
  }

  /// Reads a number, as it is written.
  mutating func readNumber() throws(JSONError) -> String {
    guard try peek() == .number else { throw error("a number was expected") }
    let start = place
    try skipNumber()
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// Reads a value of any kind, and checks it.
  mutating func skip() throws(JSONError) {
    switch try peek() {
    case .object: try readObject { reader, _ throws(JSONError) in try reader.skip() }
    case .array: try readArray { reader throws(JSONError) in try reader.skip() }
    case .string: _ = try readString()
    case .number: try skipNumber()
    case .bool: try skipWord(next == UInt8(ascii: "t") ? "true" : "false")
    case .null: try skipWord("null")
    }
  }

  /// Checks that nothing is left.
  mutating func finish() throws(JSONError) {
    skipBlanks()
    if next != nil { throw error("there is more than one value") }
  }

  // MARK: Pieces

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private func error(_ problem: String) -> JSONError { JSONError(problem: problem, offset: place) }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func enter(_ bracket: Unicode.Scalar, _ problem: String) throws(JSONError) {
    guard take(bracket) else { throw error(problem) }
    depth += 1
    guard depth <= maxDepth else { throw error("more than \(maxDepth) objects and arrays are inside each other") }
  }

  private mutating func leave() { depth -= 1 }

  private mutating func skipWord(_ word: String) throws(JSONError) {
    guard bytes[place...].starts(with: word.utf8) else { throw error("no value begins like this") }
    place += word.utf8.count
  }

  private mutating func skipNumber() throws(JSONError) {
    if next == UInt8(ascii: "-") { place += 1 }
    if next == UInt8(ascii: "0") { place += 1 } else { try skipDigits() }
    if next == UInt8(ascii: ".") {
      place += 1
      try skipDigits()
    }
    guard next == UInt8(ascii: "e") || next == UInt8(ascii: "E") else { return }
    place += 1
    if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
    try skipDigits()
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = place
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
    if place == start { throw error("a digit is missing") }
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
    place += 1
    guard let byte = next else { throw error("the end of a string is missing") }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += try readUnicode()
    default: throw error("no escape is written like this")
    }
  }

  /// What follows `\u`, the second half of a surrogate pair included.
  private mutating func readUnicode() throws(JSONError) -> [UInt8] {
    var scalar = try readFourHexDigits()
    if (0xD800..<0xDC00).contains(scalar), bytes[place...].starts(with: "\\u".utf8) {
      place += 2
      let low = try readFourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw error("a surrogate is alone") }
      scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(scalar) else { throw error("a surrogate is alone") }
    return Array(UTF8.encode(scalar)!)
  }

  private mutating func readFourHexDigits() throws(JSONError) -> UInt32 {
    let digits = bytes[place...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits are missing") }
    place += 4
    return number
  }
}
