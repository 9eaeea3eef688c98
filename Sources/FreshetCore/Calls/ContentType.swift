// Recognises gRPC's content types (grpc-wire.md S2).

/// gRPC's media type and its content-subtype.
public enum ContentType {
  /// What follows `application/grpc+`, up to a `;`: "proto", or "" when there is no `+`.
  /// - Returns: nil for other content types.
  public static func subtype(of value: UnsafeRawBufferPointer) -> String? {
    guard value.count >= prefix.utf8CodeUnitCount, startsWithPrefix(value) else { return nil }
    if value.count == prefix.utf8CodeUnitCount { return "" }
    let rest = value.dropFirst(prefix.utf8CodeUnitCount)
    switch rest.first {
    case UInt8(ascii: ";"), UInt8(ascii: " "): return ""
    case UInt8(ascii: "+"):
      let subtype = rest.dropFirst().prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
      return String(decoding: subtype, as: UTF8.self)
    default: return nil
    }
  }

  private static let prefix: StaticString = "application/grpc"

  /// HTTP compares media types without regard to case (RFC 9110 §8.3.1).
  private static func startsWithPrefix(_ value: UnsafeRawBufferPointer) -> Bool {
    for index in 0..<prefix.utf8CodeUnitCount {
      let byte = value[index], expected = prefix.utf8Start[index]
      guard byte == expected || byte | 0x20 == expected else { return false }
    }
    return true
  }
}
