// Which encodings a peer takes, and which one a body has: Accept-Encoding and Content-Encoding (W30, RFC 9110 §12.5.3).
package import FreshetCore
package import FreshetHTTP
import FreshetText

/// The value of `accept-encoding`, or of the field that a protocol has for it. Weights say only whether an encoding is excluded.
package struct AcceptedEncodings: Hashable, Sendable {
  private var listed: Set<String> = []
  private var excluded: Set<String> = []

  /// - Parameter values: all fields of the name.
  package init(_ values: [String]) {
    for item in values.flatMap({ $0.utf8.split(separator: UInt8(ascii: ",")) }) {
      var list = ParameterList(Array(item))
      guard let name = list.readName(), isToken(name.utf8) else { continue }
      var isExcluded = false
      while let parameter = list.readParameter() {
        if parameter.name == "q", Self.isZero(parameter.value) { isExcluded = true }
      }
      if isExcluded { excluded.insert(name) } else { listed.insert(name) }
    }
  }

  package init(_ fields: HeaderFields, in name: StaticString) { self.init(fields.values(name)) }

  /// Whether the peer says nothing of what it takes.
  package var isEmpty: Bool { listed.isEmpty && excluded.isEmpty }

  /// Whether the peer may be sent a body with this encoding.
  package func accepts(_ encoding: String) -> Bool {
    if excluded.contains(encoding) { return false }
    return listed.contains(encoding) || listed.contains("*")
  }

  /// As above, for the answer to a request with this encoding: a client that lists nothing understands what it has sent.
  package func accepts(_ encoding: String, requestEncoding: String?) -> Bool {
    isEmpty ? encoding == requestEncoding : accepts(encoding)
  }

  private static func isZero(_ weight: String) -> Bool {
    weight.utf8.first == UInt8(ascii: "0")
      && weight.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
  }
}

extension CompressionRegistry {
  /// The compression that a field such as `content-encoding` names; nil for identity, and without the field.
  /// - Throws: `compression` for a name that is not known, and for several encodings on top of each other.
  package func compression(of fields: HeaderFields, in name: StaticString) throws(WebFault) -> Compression? {
    try compression(named: fields.list(name).joined(separator: ","))
  }

  /// - Parameter encoding: empty for identity.
  package func compression(named encoding: String) throws(WebFault) -> Compression? {
    if encoding.isEmpty || encoding == "identity" { return nil }
    if let compression = self[encoding] { return compression }
    throw .compression(encoding, supported: acceptEncoding)
  }
}
