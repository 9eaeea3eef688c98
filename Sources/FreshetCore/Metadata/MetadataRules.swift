// Which keys and values may be sent: gRPC's rules for custom metadata, checked before a call's headers are sent.
import FreshetText

extension Metadata {
  /// Whether the key is a non-empty sequence of `0-9 a-z _ - .`.
  public static func isValidKey(_ key: String) -> Bool {
    !key.isEmpty
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"),
          UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// Whether the key belongs to gRPC or HTTP/2, so that an application may not send it.
  ///
  /// These are `grpc-…`, pseudo-headers (`:…`), `content-type`, `te`, `content-length`, the connection-specific fields
  /// that RFC 9113 §8.2.2 forbids, and `host`, which must equal `:authority` (§8.3.1) and is redundant then.
  /// `user-agent` is not reserved: a server sees it, and a client's own is prepended to the library's.
  public static func isReserved(_ key: String) -> Bool {
    if key.utf8.first == UInt8(ascii: ":") || key.utf8.starts(with: "grpc-".utf8) { return true }
    return switch key {
    case "content-type", "te", "content-length", "host", "connection", "keep-alive", "proxy-connection",
      "transfer-encoding", "upgrade":
      true
    default: false
    }
  }

  /// Whether the key's values are binary: it ends in `-bin`.
  public static func isBinaryKey(_ key: String) -> Bool { key.hasSuffix("-bin") }

  /// Whether the key's name suggests that its values are secret.
  package static func isSecretKey(_ key: String) -> Bool {
    let name = isBinaryKey(key) ? key.dropLast("-bin".count) : key[...]
    return secretEndings.contains { name.hasSuffix($0) }
  }

  private static let secretEndings = [
    "authorization", "auth", "cookie", "token", "key", "secret", "password", "credential", "credentials", "signature",
    "jwt",
  ]

  /// Checks that every entry may be sent. Leading and trailing whitespace of a text is ignored, since it is not sent.
  ///
  /// - Throws: `INTERNAL` that names the first bad key, and what is wrong with it or its value.
  public func validate() throws(RPCError) {
    for (key, value) in self {
      if let fault = Metadata.fault(key: key, value: value) {
        throw RPCError(code: .internal, message: "metadata \"\(singleLine(key))\" cannot be sent: \(fault)")
      }
    }
  }

  private static func fault(key: String, value: MetadataValue) -> String? {
    if isReserved(key) { return "the key is reserved for gRPC and HTTP/2" }
    if !isValidKey(key) { return "a key consists of 0-9 a-z _ - . only" }
    switch value {
    case .binary: return isBinaryKey(key) ? nil : "only a key that ends in -bin may carry bytes"
    case .string(let text):
      if isBinaryKey(key) { return "a key that ends in -bin carries bytes, not text" }
      let sent = Metadata.trimmed(text.utf8[...])
      guard let bad = sent.first(where: { !(0x20...0x7E).contains($0) }) else { return nil }
      return "its text holds the byte 0x\(String(bad, radix: 16, uppercase: true)), allowed are 0x20 to 0x7E"
    }
  }
}
