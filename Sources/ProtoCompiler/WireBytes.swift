// Fields as they stand on the wire: the form in which options are given to the messages that hold them.
import SwiftProtobuf

struct WireBytes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ fields: WireBytes) { bytes += fields.bytes }

  mutating func appendVarint(_ number: Int32, _ value: UInt64) {
    tag(number, 0)
    varint(value)
  }

  mutating func append(_ number: Int32, _ content: some Collection<UInt8>) {
    tag(number, 2)
    varint(UInt64(content.count))
    bytes += content
  }

  /// A message: by its length, or between two tags.
  mutating func append(_ number: Int32, message: WireBytes, isDelimited: Bool) {
    guard isDelimited else { return append(number, message.bytes) }
    tag(number, 3)
    bytes += message.bytes
    tag(number, 4)
  }

  /// A list of numbers that are not negative, packed.
  mutating func append(_ number: Int32, packed values: [Int32]) {
    guard !values.isEmpty else { return }
    tag(number, 2)
    if values.count < 0x80, values.allSatisfy({ (0..<0x80).contains($0) }) {
      bytes.append(UInt8(truncatingIfNeeded: values.count))  // paths and spans are short, or the next branch is taken
      for value in values { bytes.append(UInt8(truncatingIfNeeded: value)) }
    } else {
      var list = WireBytes()
      for value in values { list.varint(UInt64(bitPattern: Int64(value))) }
      varint(UInt64(list.bytes.count))
      bytes += list.bytes
    }
  }

  /// A number, a bool or an enum's number, after its tag.
  mutating func append(_ number: Int32, _ value: ScalarValue, as kind: FieldKind) {
    tag(number, kind.wireType)
    append(value, as: kind)
  }

  /// The same without a tag, as in a packed list.
  mutating func append(_ value: ScalarValue, as kind: FieldKind) {
    switch kind {
    case .sint32, .sint64: varint(UInt64(bitPattern: (value.signed << 1) ^ (value.signed >> 63)))
    case .fixed32, .sfixed32: fixed(UInt32(truncatingIfNeeded: value.bits))
    case .fixed64, .sfixed64, .double: fixed(value.bits)
    case .float: fixed(Float(Double(bitPattern: value.bits)).bitPattern)
    default: varint(value.bits)
    }
  }

  private mutating func tag(_ number: Int32, _ wireType: UInt64) {
    varint(UInt64(UInt32(bitPattern: number)) << 3 | wireType)
  }

  private mutating func fixed(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }
}

/// The value of a field that is no string and no message, in 64 bits: integers with their sign spread over all of them,
/// floating-point numbers as the bits of a double.
struct ScalarValue: Hashable {
  var bits: UInt64

  var signed: Int64 { Int64(bitPattern: bits) }

  /// Whether the value is what a field without presence does not write. Minus zero is not.
  var isZero: Bool { bits == 0 }
}

extension FieldKind {
  fileprivate var wireType: UInt64 {
    switch self {
    case .fixed64, .sfixed64, .double: 1
    case .fixed32, .sfixed32, .float: 5
    default: 0
    }
  }
}
