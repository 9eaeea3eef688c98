// Tells gRPC's content-type from others (grpc-wire.md S2).

/// gRPC's media type and its content-subtype.
public enum ContentType {
  /// What follows `application/grpc+`, up to a `;`: "proto", or "" when there is no `+`.
  /// - Returns: nil for a content-type that is not gRPC's.
  public static func subtype(of value: UnsafeRawBufferPointer) -> String? {
    let prefix = "application/grpc".utf8
    guard value.count >= prefix.count,
      zip(value, prefix).allSatisfy({ byte, expected in byte == expected || byte | 0x20 == expected })
    else { return nil }  // HTTP compares media types without regard to case (RFC 9110 §8.3.1)
    let rest = value.dropFirst(prefix.count)
    switch rest.first {
    case nil, UInt8(ascii: ";"), UInt8(ascii: " "): return ""
    case UInt8(ascii: "+"):
      let subtype = rest.dropFirst().prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
      return String(decoding: subtype, as: UTF8.self)
    default: return nil
    }
  }
}
