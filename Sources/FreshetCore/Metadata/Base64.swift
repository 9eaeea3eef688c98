// Base64 (RFC 4648 §4) as gRPC's -bin metadata uses it: written without padding, read with or without.

/// Encodes and decodes base64 with the standard alphabet.
public enum Base64 {
  /// Which characters stand for 62 and 63.
  package enum Alphabet: Sendable {
    /// `+` and `/` (RFC 4648 §4).
    case standard
    /// `-` and `_` (RFC 4648 §5).
    case urlSafe
  }

  /// The bytes as base64 without padding.
  public static func encode(_ bytes: [UInt8]) -> String { encode(bytes, .standard) }

  /// The bytes as base64 of this alphabet, without padding.
  package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet) -> String {
    String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { output in
      var end = 0
      var bits: UInt32 = 0
      var bitCount = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        bitCount += 8
        while bitCount >= 6 {
          bitCount -= 6
          output[end] = digit(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)) & 63, alphabet)
          end += 1
        }
      }
      if bitCount > 0 {
        output[end] = digit(UInt8(truncatingIfNeeded: bits << UInt32(6 - bitCount)) & 63, alphabet)
        end += 1
      }
      return end
    }
  }

  /// The decoded bytes; `nil` for a character outside the alphabet, or an impossible length or padding.
  ///
  /// Bits after the last whole byte are ignored, as in most implementations of gRPC.
  public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? { decode(text, .standard) }

  /// As above, in this alphabet.
  package static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var digitCount = 0
    var paddingCount = 0
    for character in text {
      if character == UInt8(ascii: "=") {
        paddingCount += 1
        continue
      }
      guard paddingCount == 0, let value = value(character, alphabet) else { return nil }
      bits = bits << 6 | UInt32(value)
      digitCount += 1
      // Of the 6 × count bits, the last byte ends within this digit unless it is the first of a group of four.
      if digitCount % 4 != 1 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32((4 - digitCount % 4) % 4 * 2))) }
    }
    guard digitCount % 4 != 1 else { return nil }
    guard paddingCount == 0 || (digitCount + paddingCount) % 4 == 0 && paddingCount < 3 else { return nil }
    return bytes
  }

  /// The character that stands for six bits.
  package static func digit(_ value: UInt8, _ alphabet: Alphabet = .standard) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + (value - 26)
    case 52..<62: UInt8(ascii: "0") + (value - 52)
    case 62: UInt8(ascii: alphabet == .standard ? "+" : "-")
    default: UInt8(ascii: alphabet == .standard ? "/" : "_")
    }
  }

  /// The six bits that a character stands for.
  package static func value(_ digit: UInt8, _ alphabet: Alphabet = .standard) -> UInt8? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: alphabet == .standard ? "+" : "-"): 62
    case UInt8(ascii: alphabet == .standard ? "/" : "_"): 63
    default: nil
    }
  }
}
