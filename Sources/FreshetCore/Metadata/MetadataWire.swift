// Converts between header fields on the wire and entries of metadata, where keys that end in -bin are base64.

extension Metadata {
  /// Adds a header field received from the peer.
  ///
  /// Never fails: a text is trimmed and, where it is invalid UTF-8, repaired. The value of a `-bin` key is split at
  /// commas and decoded, padded or not; a part that is not base64 is kept as text, so that it can be inspected.
  ///
  /// - Parameters:
  ///   - value: the field's value as decoded by HPACK.
  ///   - key: the field's name, in lower case as HTTP/2 requires.
  public mutating func add(wireValue value: some BidirectionalCollection<UInt8>, for key: String) {
    guard Metadata.isBinaryKey(key) else {
      return add(String(decoding: Metadata.trimmed(value[...]), as: UTF8.self), for: key)
    }
    for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let text = Metadata.trimmed(part)
      if let bytes = Base64.decode(text) {
        add(binary: bytes, for: key)
      } else {
        add(String(decoding: text, as: UTF8.self), for: key)
      }
    }
  }

  static func trimmed<Slice: BidirectionalCollection<UInt8>>(_ bytes: Slice) -> Slice.SubSequence {
    var rest = bytes[...]
    while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return rest
  }

  /// Whitespace that a field's value may not begin or end with (RFC 9113 §8.2.1).
  fileprivate static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

extension MetadataValue {
  /// The field's value on the wire: the text without leading and trailing whitespace, which would make a header field
  /// malformed and which gRPC's receivers trim in any case (grpc-wire.md S8); or the bytes as unpadded base64.
  public var wireText: String {
    switch self {
    case .string(let text):
      guard let first = text.utf8.first, let last = text.utf8.last, Metadata.isBlank(first) || Metadata.isBlank(last)
      else { return text }
      return String(Substring(Metadata.trimmed(text.utf8[...])))
    case .binary(let bytes): return Base64.encode(bytes)
    }
  }
}
