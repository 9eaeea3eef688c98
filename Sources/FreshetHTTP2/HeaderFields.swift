// A header or trailer section as one run of bytes, so that a section costs the same few allocations whatever its
// length.

/// The fields of one HEADERS block in order, pseudo-headers first. Names are lower-case ASCII; values are bytes.
public struct HeaderFields: Sendable, ExpressibleByDictionaryLiteral {
  struct Field: Sendable {
    var nameEnd: UInt32
    var valueEnd: UInt32
  }

  private(set) var bytes: [UInt8] = []
  private(set) var fields: [Field] = []

  public init() {}

  public init(dictionaryLiteral pairs: (String, String)...) {
    for (name, value) in pairs { append(name, value) }
  }

  public var count: Int { fields.count }

  /// The size that SETTINGS_MAX_HEADER_LIST_SIZE limits: name + value + 32 for each field (RFC 9113 §6.5.2).
  public var listBytes: Int { bytes.count + 32 * fields.count }

  /// Adds a field whose name is lower-case already.
  public mutating func append(_ name: String, _ value: String) {
    bytes.append(contentsOf: name.utf8)
    let nameEnd = UInt32(bytes.count)
    bytes.append(contentsOf: value.utf8)
    fields.append(Field(nameEnd: nameEnd, valueEnd: UInt32(bytes.count)))
  }

  /// Adds a field from a peer's block.
  public mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: name)
    let nameEnd = UInt32(bytes.count)
    bytes.append(contentsOf: value)
    fields.append(Field(nameEnd: nameEnd, valueEnd: UInt32(bytes.count)))
  }

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
  }

  /// Calls `body` with each field's name and value, in order; the pointers are good for the call alone.
  public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { all in
      var start = 0
      for field in fields {
        let nameEnd = Int(field.nameEnd), valueEnd = Int(field.valueEnd)
        body(
          UnsafeRawBufferPointer(rebasing: all[start..<nameEnd]),
          UnsafeRawBufferPointer(rebasing: all[nameEnd..<valueEnd]))
        start = valueEnd
      }
    }
  }

  /// The first value of a field, as text; for tests and rare paths.
  public func first(_ name: String) -> String? {
    var found: String?
    forEach { fieldName, value in
      if found == nil, fieldName.elementsEqual(name.utf8) { found = String(decoding: value, as: UTF8.self) }
    }
    return found
  }
}
