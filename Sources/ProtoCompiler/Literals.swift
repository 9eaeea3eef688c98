// Evaluates number and string literals.

/// A number as written in a schema.
enum NumberLiteral {
  /// The longest meaningful number: every double is exact well within it.
  static let maxBytes = 1024

  enum Value: Hashable {
    case integer(UInt64)
    case float(Double)
    /// The message says what is wrong.
    case malformed(String)
  }

  /// The decimal integer at the start of `text`, and its number of digits, if it is plain: not followed by another
  /// character of a number, and certain to fit. The fast path of nearly all numbers.
  static func plain(_ text: ArraySlice<UInt8>) -> (value: UInt64, count: Int)? {
    var value: UInt64 = 0
    var count = 0
    for byte in text {
      guard byte.isDigit else {
        if byte.isIdentifierBody || byte == UInt8(ascii: ".") { return nil }
        break
      }
      value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
      count += 1
      if count == 19 { return nil }  // 10^18 is less than 2^64
    }
    let isOctal = count > 1 && text.first == UInt8(ascii: "0")
    return count == 0 || isOctal ? nil : (value, count)
  }

  static func parse(_ text: String) -> Value {
    let lowered = text.lowercased()
    if lowered.hasPrefix("0x") { return integer(lowered.dropFirst(2), radix: 16, of: text) }
    if lowered.contains(where: { $0 == "." || $0 == "e" }) { return float(text) }
    let isOctal = lowered.count > 1 && lowered.hasPrefix("0")
    return isOctal ? integer(lowered.dropFirst(), radix: 8, of: text) : integer(lowered[...], radix: 10, of: text)
  }

  private static func integer(_ digits: Substring, radix: Int, of text: String) -> Value {
    if let value = UInt64(digits, radix: radix) { return .integer(value) }
    let areDigits = !digits.isEmpty && digits.allSatisfy { $0.hexDigitValue.map { $0 < radix } ?? false }
    guard areDigits else { return .malformed("“\(text)” is not a number") }
    // A decimal integer beyond 64 bits is a double for an option of that type, and out of range for all others.
    if radix == 10, let value = Double(text) { return .float(value) }
    return .malformed("“\(text)” does not fit in 64 bits")
  }

  private static func float(_ text: String) -> Value {
    // "1." and "1.e5" are valid here and not in Swift.
    let padded = text.hasSuffix(".") ? text + "0" : text.lowercased().replacing(".e", with: ".0e")
    if let value = Double(padded.hasPrefix(".") ? "0" + padded : padded) { return .float(value) }
    return .malformed("“\(text)” is not a number")
  }
}

/// A string as written in a schema.
enum StringLiteral {
  /// The bytes that the text between the quotes denotes. `error` describes the first bad escape.
  static func decode(_ text: some Collection<UInt8>) -> (bytes: [UInt8], error: String?) {
    guard text.contains(UInt8(ascii: "\\")) else { return (Array(text), nil) }
    var decoder = Decoder(rest: Array(text)[...])
    while let byte = decoder.rest.popFirst() {
      byte == UInt8(ascii: "\\") ? decoder.escape() : decoder.bytes.append(byte)
    }
    return (decoder.bytes, decoder.error)
  }

  private struct Decoder {
    var rest: ArraySlice<UInt8>
    var bytes: [UInt8] = []
    var error: String?

    mutating func escape() {
      guard let sign = rest.popFirst() else { return fail("a string cannot end with a single backslash") }
      switch sign {
      case UInt8(ascii: "a"): bytes.append(0x07)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "v"): bytes.append(0x0B)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "?"): bytes.append(sign)
      case UInt8(ascii: "x"), UInt8(ascii: "X"): byte(radix: 16, maxDigits: 2)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        byte(radix: 8, maxDigits: 2, first: UInt32(sign - UInt8(ascii: "0")))
      case UInt8(ascii: "u"): character(digits: 4)
      case UInt8(ascii: "U"): character(digits: 8)
      default: fail("“\\\(Character(UnicodeScalar(sign)))” is no escape sequence")
      }
    }

    private mutating func byte(radix: UInt32, maxDigits: Int, first: UInt32? = nil) {
      guard let value = digits(radix: radix, upTo: maxDigits, after: first) else {
        return fail("“\\x” needs hexadecimal digits")
      }
      bytes.append(UInt8(truncatingIfNeeded: value))  // "\777" keeps its low eight bits, as in C
    }

    private mutating func character(digits count: Int) {
      guard var value = number(digits: count) else { return fail(Self.badCharacter) }
      // Characters beyond 16 bits may be written as UTF-16 surrogate pairs.
      if 0xD800..<0xDC00 ~= value, rest.starts(with: "\\u".utf8) {
        let first = rest
        rest = rest.dropFirst(2)
        if let low = number(digits: 4), 0xDC00..<0xE000 ~= low {
          value = 0x10000 + ((value - 0xD800) << 10 | (low - 0xDC00))
        } else {
          rest = first
        }
      }
      guard let scalar = Unicode.Scalar(value) else {
        return fail(0xD800..<0xE000 ~= value ? "half of a surrogate pair is no character" : Self.badCharacter)
      }
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    }

    private static let badCharacter =
      "“\\u” needs 4 hexadecimal digits and “\\U” 8, and the number of a Unicode character"

    private mutating func number(digits count: Int) -> UInt32? {
      let before = rest.count
      guard let value = digits(radix: 16, upTo: count), before - rest.count == count else { return nil }
      return value
    }

    private mutating func digits(radix: UInt32, upTo count: Int, after first: UInt32? = nil) -> UInt32? {
      var value = first
      for _ in 0..<count {
        let digit = rest.first.flatMap { Character(UnicodeScalar($0)).hexDigitValue }.map(UInt32.init)
        guard let digit, digit < radix else { break }
        value = (value ?? 0) &* radix &+ digit
        rest = rest.dropFirst()
      }
      return value
    }

    private mutating func fail(_ reason: String) { error = error ?? reason }
  }
}
