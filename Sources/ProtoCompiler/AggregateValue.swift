// Collects the fields that a value in braces sets, to encode them in the order of their numbers.
import SwiftProtobuf

struct AggregateValue {
  enum Value {
    case scalar(ScalarValue)
    case bytes([UInt8])
    case message(WireBytes)

    fileprivate var isZero: Bool {
      switch self {
      case .scalar(let scalar): scalar.isZero
      case .bytes(let bytes): bytes.isEmpty
      case .message: false
      }
    }
  }

  let type: MessageSchema
  private var values: [Int32: (field: FieldSchema, values: [Value])] = [:]
  private var oneofs: [Int32: String] = [:]

  init(type: MessageSchema) { self.type = type }

  mutating func set(_ field: FieldSchema, _ value: Value, at place: Span) throws(OptionError) {
    if let oneof = field.oneof, !field.isExtension {
      if let other = oneofs[oneof], other != field.name {
        throw OptionError(
          message: "“\(field.name)” and “\(other)” are members of one oneof and cannot both be set", span: place)
      }
      oneofs[oneof] = field.name
    }
    if !field.isRepeated, values[field.number] != nil {
      throw OptionError(message: "“\(field.name)” is set twice", span: place)
    }
    values[field.number, default: (field, [])].values.append(value)
  }

  /// The name of a required field that is not set.
  var missingRequiredField: String? { type.fields.first { $0.isRequired && values[$0.number] == nil }?.name }

  /// The encoded fields, by number. Default values of fields without presence are omitted; but the entry of a map
  /// always has its key and value.
  var encoded: WireBytes {
    if type.isMapEntry { return encodedMapEntry }
    var wire = WireBytes()
    for (_, (field, values)) in values.sorted(by: { $0.key < $1.key }) {
      if field.isPacked {
        var list = WireBytes()
        for case .scalar(let scalar) in values { list.append(scalar, as: field.kind) }
        wire.append(field.number, list.bytes)
      } else {
        for value in values where field.isRepeated || field.hasPresence || !value.isZero {
          Self.write(value, field, to: &wire, inMessageSet: type.isMessageSet)
        }
      }
    }
    return wire
  }

  private var encodedMapEntry: WireBytes {
    var wire = WireBytes()
    for field in type.fields {
      if let value = values[field.number]?.values.first {
        Self.write(value, field, to: &wire)
      } else if field.isMessage {
        wire.append(field.number, [])
      } else if field.kind == .string || field.kind == .bytes {
        wire.append(field.number, [])
      } else {
        wire.append(field.number, ScalarValue(bits: 0), as: field.kind)
      }
    }
    return wire
  }

  private static func write(
    _ value: Value, _ field: FieldSchema, to wire: inout WireBytes, inMessageSet: Bool = false
  ) {
    switch value {
    case .scalar(let scalar): wire.append(field.number, scalar, as: field.kind)
    case .bytes(let bytes): wire.append(field.number, bytes)
    case .message(let message) where inMessageSet && field.isExtension:
      // An item of a message set is a group with the type's number and the message.
      var item = WireBytes()
      item.appendVarint(2, UInt64(UInt32(bitPattern: field.number)))
      item.append(3, message.bytes)
      wire.append(1, message: item, isDelimited: true)
    case .message(let message): wire.append(field.number, message: message, isDelimited: field.isDelimited)
    }
  }
}
