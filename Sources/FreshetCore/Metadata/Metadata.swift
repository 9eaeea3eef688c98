// The headers or trailers that an application adds to a call: ordered pairs of a key and text or bytes.
import FreshetText

/// Additional information sent with a call: an ordered list of keys and values.
///
/// Keys are in lower case and may occur several times; the values of one key keep their order on the wire. A key that
/// ends in `-bin` carries bytes, every other key carries text of 0x20–0x7E, which is sent without leading and trailing
/// whitespace (to keep it, use a `-bin` key). A bad key or value is accepted here and rejected by ``validate()``, which
/// the library calls before it sends.
///
/// ```swift
/// var metadata: Metadata = ["tenant": "north", "authorization": "Bearer \(token)"]
/// metadata["tenant"] = tenant
/// metadata.add(binary: [1, 2, 3], for: "trace-bin")
/// ```
public struct Metadata: Sendable, Hashable {
  /// A key in lower case and its value.
  public typealias Element = (key: String, value: MetadataValue)

  // A tuple would not be Hashable. An empty array has no heap memory, so neither has a call without metadata.
  private struct Entry: Sendable, Hashable {
    var key: String
    var value: MetadataValue
  }

  private var entries: [Entry] = []

  /// Empty metadata; allocates nothing.
  public init() {}

  /// Adds a text after the key's existing values.
  public mutating func add(_ value: String, for key: String) { add(.string(value), for: key) }

  /// Adds bytes after the key's existing values; the key should end in `-bin`.
  public mutating func add(binary: [UInt8], for key: String) { add(.binary(binary), for: key) }

  /// Adds a value after the key's existing values.
  public mutating func add(_ value: MetadataValue, for key: String) {
    entries.append(Entry(key: Metadata.lowercased(key), value: value))
  }

  /// Appends all entries of another, in order.
  public mutating func add(contentsOf other: Metadata) {
    if !other.isEmpty { entries.append(contentsOf: other.entries) }
  }

  /// Removes all values of the key and adds this text.
  public mutating func replace(_ value: String, for key: String) { replace(.string(value), for: key) }

  /// Removes all values of the key and adds these bytes.
  public mutating func replace(binary: [UInt8], for key: String) { replace(.binary(binary), for: key) }

  /// Removes all values of the key and adds this one.
  public mutating func replace(_ value: MetadataValue, for key: String) {
    remove(key)
    add(value, for: key)
  }

  /// Removes all values of the other's keys, and appends all of its entries, in order.
  package mutating func replace(contentsOf other: Metadata) {
    if other.isEmpty { return }
    if isEmpty { return self = other }
    entries.removeAll { other.has($0.key) }
    add(contentsOf: other)
  }

  /// Removes all values of the key, if any.
  public mutating func remove(_ key: String) {
    let key = Metadata.lowercased(key)
    entries.removeAll { $0.key == key }
  }

  /// Removes the entries for which the closure is true.
  public mutating func removeAll(where shouldRemove: (Element) throws -> Bool) rethrows {
    try entries.removeAll { try shouldRemove((key: $0.key, value: $0.value)) }
  }

  /// Reserves room for this many entries.
  public mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

  /// The first text of the key; `nil` if it has none. Setting it first removes all values of the key, as `replace` and
  /// `remove` do.
  public subscript(key: String) -> String? {
    get {
      let key = Metadata.lowercased(key)
      for entry in entries where entry.key == key {
        if case .string(let text) = entry.value { return text }
      }
      return nil
    }
    set {
      if let newValue { replace(newValue, for: key) } else { remove(key) }
    }
  }

  /// Whether the key has a value.
  package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// All texts of the key, in order.
  public func strings(for key: String) -> [String] {
    values(for: key) { value in if case .string(let text) = value { text } else { nil } }
  }

  /// All byte values of the key, in order.
  public func binaries(for key: String) -> [[UInt8]] {
    values(for: key) { value in if case .binary(let bytes) = value { bytes } else { nil } }
  }

  private func values<T>(for key: String, _ pick: (MetadataValue) -> T?) -> [T] {
    let key = Metadata.lowercased(key)
    return entries.compactMap { $0.key == key ? pick($0.value) : nil }
  }

  private static func lowercased(_ key: String) -> String {
    key.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? key.lowercased() : key
  }
}

extension Metadata: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { entries.count }

  public subscript(position: Int) -> Element {
    let entry = entries[position]
    return (key: entry.key, value: entry.value)
  }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  /// Creates metadata from a literal, whose values are texts (`String`), bytes (`[UInt8]`) or a ``MetadataValue``; a
  /// key may be repeated.
  public init(dictionaryLiteral elements: (String, any MetadataRepresentable)...) {
    entries.reserveCapacity(elements.count)
    for (key, value) in elements { add(value.metadataValue, for: key) }
  }
}

/// A value of ``Metadata``: text, or bytes for a key that ends in `-bin`.
public enum MetadataValue: Sendable, Hashable {
  case string(String)
  case binary([UInt8])
}

/// A type whose values a literal of ``Metadata`` may contain.
public protocol MetadataRepresentable {
  var metadataValue: MetadataValue { get }
}

extension String: MetadataRepresentable {
  public var metadataValue: MetadataValue { .string(self) }
}

extension Array: MetadataRepresentable where Element == UInt8 {
  public var metadataValue: MetadataValue { .binary(self) }
}

extension MetadataValue: MetadataRepresentable {
  public var metadataValue: MetadataValue { self }
}

extension MetadataRepresentable where Self == MetadataValue {
  @_disfavoredOverload
  public static func string(_ text: String) -> MetadataValue { MetadataValue.string(text) }
  @_disfavoredOverload
  public static func binary(_ bytes: [UInt8]) -> MetadataValue { MetadataValue.binary(bytes) }
}

extension Metadata: CustomStringConvertible {
  /// The entries in order, bytes as base64, such as `["tenant": "north", "trace-bin": AQID, "cookie": <secret>]`.
  ///
  /// Safe to log: control characters are escaped, long values are cut, and values are hidden if their key's name, apart
  /// from `-bin`, ends in `authorization`, `auth`, `cookie`, `token`, `key`, `secret`, `password`, `credential`,
  /// `credentials`, `signature` or `jwt`.
  public var description: String {
    let pairs = entries.map {
      "\"\(singleLine($0.key))\": \(Metadata.isSecretKey($0.key) ? "<secret>" : $0.value.shown)"
    }
    return "[\(pairs.isEmpty ? ":" : pairs.joined(separator: ", "))]"
  }
}

extension MetadataValue {
  fileprivate var shown: String {
    switch self {
    case .string(let text): "\"\(singleLine(text))\""
    case .binary(let bytes): singleLine(Base64.encode(bytes))
    }
  }
}

extension MetadataValue: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self = .string(value) }
}
