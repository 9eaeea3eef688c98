// Between a header field's bytes on the wire and an entry of metadata, where keys that end in -bin travel as base64.

extension Metadata {
  /// Adds a header field that came from the peer.
  ///
  /// Never fails: a text is trimmed of blanks at its ends and, where it is no UTF-8, repaired. The value of a `-bin`
  /// key is split at commas and decoded, padded or not; a part that is no base64 is kept as text, so that it can be
  /// seen.
  ///
  /// - Parameters:
  ///   - value: the field's value as HPACK gave it.
  ///   - key: the field's name, in lower case as HTTP/2 demands.
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

  private static func trimmed<Slice: BidirectionalCollection<UInt8>>(_ bytes: Slice) -> Slice.SubSequence {
    var rest = bytes[...]
    while let first = rest.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { rest = rest.dropFirst() }
    while let last = rest.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { rest = rest.dropLast() }
    return rest
  }
}

extension Metadata.Value {
  /// The field's value on the wire: the text itself, or the bytes as base64 without padding.
  public var wireText: String {
    switch self {
    case .string(let text): text
    case .binary(let bytes): Base64.encode(bytes)
    }
  }
}
