// The text of a grpc-message header: UTF-8 in which everything but printable ASCII is written as %XX.

/// Percent-encoding as gRPC uses it for a status's message.
public enum PercentEncoding {
  /// The text with `%`, every byte outside 0x20–0x7E, and a space at either end as `%` and two upper-case hex digits.
  ///
  /// gRPC would keep the spaces, but HTTP/2 allows none at the ends of a field's value (RFC 9113 §8.2.1).
  public static func encode(_ text: String) -> String {
    let encodedBytes = encodedBytes(text)
    guard encodedBytes > text.utf8.count else { return text }
    return String(unsafeUninitializedCapacity: encodedBytes) { output in
      var end = 0
      let last = text.utf8.count - 1
      for (index, byte) in text.utf8.enumerated() {
        if isPlain(byte), byte != blank || index != 0 && index != last {
          output[end] = byte
          end += 1
        } else {
          output[end] = UInt8(ascii: "%")
          output[end + 1] = hexDigit(byte >> 4)
          output[end + 2] = hexDigit(byte & 15)
          end += 3
        }
      }
      return end
    }
  }

  /// As much of the text as `maxEncodedBytes` can encode, with “…” at the end if truncated; characters stay whole.
  public static func shorten(_ text: String, maxEncodedBytes: Int) -> String {
    if encodedBytes(text) <= maxEncodedBytes { return text }
    var room = maxEncodedBytes - encodedBytes(ellipsis)
    if room < 0 { return "" }
    if text.utf8.first == blank { room -= escapedBytes - 1 }
    let kept = text.prefix { character in
      room -= character.utf8.reduce(into: 0) { $0 += isPlain($1) ? 1 : escapedBytes }
      return room >= 0
    }
    return kept + ellipsis
  }

  private static let ellipsis = "…"
  private static let blank = UInt8(ascii: " ")
  /// The length of `%XX`.
  private static let escapedBytes = 3

  /// The length of an encoded text.
  private static func encodedBytes(_ text: String) -> Int {
    var bytes = text.utf8.reduce(into: 0) { $0 += isPlain($1) ? 1 : escapedBytes }
    if text.utf8.first == blank { bytes += escapedBytes - 1 }
    if text.utf8.last == blank, text.utf8.count > 1 { bytes += escapedBytes - 1 }
    return bytes
  }

  /// The decoded text.
  ///
  /// Never fails: a `%` without two hex digits is kept, and invalid UTF-8 is repaired.
  public static func decode(_ bytes: some Collection<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "%")) else { return String(decoding: bytes, as: UTF8.self) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let escaped = hexPair(rest) {
        decoded.append(escaped)
        rest = rest.dropFirst(2)
      } else {
        decoded.append(byte)
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%") }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
  }

  private static func hexPair(_ bytes: some Collection<UInt8>) -> UInt8? {
    var pair = bytes.prefix(2).makeIterator()
    guard let high = pair.next().flatMap(hexValue), let low = pair.next().flatMap(hexValue) else { return nil }
    return high << 4 | low
  }

  private static func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
