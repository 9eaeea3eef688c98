// Encoded fields: the form in which options are given to the messages that hold them.
import SwiftProtobuf

struct WireBytes {
  private(set) var bytes: [UInt8] = []

  static func size(ofVarint value: UInt64) -> Int { max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7) }

  /// The size of a field with this many bytes of content, whose number is less than 16.
  static func size(ofContent bytes: Int) -> Int { 1 + size(ofVarint: UInt64(bytes)) + bytes }

  mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func append(_ fields: WireBytes) { bytes += fields.bytes }

  mutating func appendVarint(_ number: Int32, _ value: UInt64) {
    tag(number, 0)
    varint(value)
  }

  mutating func append(_ number: Int32, _ content: some Collection<UInt8>) {
    appendHead(number, contentBytes: content.count)
    bytes += content
  }

  /// The tag and length of a message, a string or a packed list.
  mutating func appendHead(_ number: Int32, contentBytes: Int) {
    tag(number, 2)
    varint(UInt64(contentBytes))
  }

  /// A message's bytes, without tag and length.
  mutating func append(content: [UInt8]) { bytes += content }

  /// A number in a packed list.
  mutating func append(varint value: UInt64) { varint(value) }

  /// A message: with its length, or between two tags.
  mutating func append(_ number: Int32, message: WireBytes, isDelimited: Bool) {
    guard isDelimited else { return append(number, message.bytes) }
    tag(number, 3)
    bytes += message.bytes
    tag(number, 4)
  }

  /// A number, a bool or an enum's number, with its tag.
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

/// The value of a field that is neither a string nor a message, in 64 bits: integers sign-extended, floating-point
/// numbers as the bits of a double.
struct ScalarValue: Hashable {
  var bits: UInt64

  var signed: Int64 { Int64(bitPattern: bits) }

  /// Whether a field without presence omits the value. Minus zero is not omitted.
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
