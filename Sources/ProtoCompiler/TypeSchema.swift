// Messages, enums and fields for encoding values: resolved, and quick to search.
import SwiftProtobuf

/// A field of a message, or an extension.
struct FieldSchema: Sendable {
  var name: String
  var fullName: String
  var number: Int32
  var kind: FieldKind
  /// The full name of the field's message or enum type, without a leading dot.
  var typeName: String
  /// The full name of the message that contains the field.
  var container: String
  var isExtension: Bool
  var isRepeated: Bool
  var isRequired: Bool
  /// Whether zero or empty values are kept.
  var hasPresence: Bool
  var isPacked: Bool
  /// Whether a message is written between two tags, not with its length.
  var isDelimited: Bool
  /// The oneof, of which only one member can be set.
  var oneof: Int32?
  /// The file that declares it.
  var file: String
  /// Whether it is omitted from descriptors when used as an option.
  var isSourceRetained = false
  /// Nil if the field may be set anywhere, as usual.
  var rules: OptionRules?

  var isMessage: Bool { kind == .message || kind == .group }

  init(
    _ field: Google_Protobuf_FieldDescriptorProto, fullName: String, container: String, features: ResolvedFeatures,
    isInMapEntry: Bool = false, file: String
  ) {
    name = field.name
    self.fullName = fullName
    number = field.number
    kind = field.type
    typeName = field.typeName.hasPrefix(".") ? String(field.typeName.dropFirst()) : field.typeName
    self.container = container
    isExtension = field.hasExtendee
    isRepeated = field.label == .repeated
    isRequired = features.fieldPresence == .legacyRequired && !isRepeated
    oneof = field.hasOneofIndex && !field.proto3Optional ? field.oneofIndex : nil
    hasPresence =
      isExtension || oneof != nil || isInMapEntry || features.fieldPresence != .implicit || kind == .message
      || kind == .group
    isPacked = isRepeated && field.type.isPackable && features.repeatedFieldEncoding == .packed
    isDelimited = kind == .group || (kind == .message && features.messageEncoding == .delimited)
    self.file = file
    isSourceRetained = field.hasOptions && field.options.retention == .retentionSource
    rules = field.hasOptions ? OptionRules(field.options) : nil
  }

  /// A built-in option of the language: a single bool, string or enum.
  init(option name: String, _ number: Int32, _ kind: FieldKind, named type: String = "", of container: String) {
    (self.name, self.number, self.kind, self.container) = (name, number, kind, container)
    fullName = container + "." + name
    typeName = type
    (isExtension, isRepeated, isRequired, isPacked, isDelimited) = (false, false, false, false, false)
    hasPresence = true
    oneof = nil
    file = "google/protobuf/descriptor.proto"
  }
}

final class MessageSchema: Sendable {
  let fullName: String
  let isMessageSet: Bool
  let isMapEntry: Bool
  let fields: [FieldSchema]
  private let extensionRanges: RangeSet
  private let indexByName: [String: Int]

  init(
    _ message: Google_Protobuf_DescriptorProto, fullName: String, features: ResolvedFeatures, file: String
  ) {
    self.fullName = fullName
    isMessageSet = message.options.messageSetWireFormat
    let isMapEntry = message.hasOptions && message.options.mapEntry
    self.isMapEntry = isMapEntry
    let fields = message.field.map { field in
      var features = features.refined(by: field, in: message)
      if isMapEntry { features.messageEncoding = .lengthPrefixed }
      return FieldSchema(
        field, fullName: fullName + "." + field.name, container: fullName, features: features,
        isInMapEntry: isMapEntry, file: file)
    }
    self.fields = fields
    extensionRanges = RangeSet(message.extensionRange.map { $0.start...max($0.start, $0.end - 1) })
    indexByName = Dictionary(fields.indices.map { (fields[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A message whose fields are known without a schema.
  init(fullName: String, fields: [FieldSchema]) {
    self.fullName = fullName
    isMessageSet = false
    isMapEntry = false
    self.fields = fields
    extensionRanges = RangeSet([])
    indexByName = Dictionary(fields.indices.map { (fields[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The index of the extension range that contains this number.
  func extensionRange(of number: Int32) -> Int? { extensionRanges.first(overlapping: number...number) }

  func field(named name: String) -> FieldSchema? { indexByName[name].map { fields[$0] } }
  var fieldNames: some Sequence<String> { indexByName.keys }
}

final class EnumSchema: Sendable {
  let fullName: String
  let isClosed: Bool
  let values: [Google_Protobuf_EnumValueDescriptorProto]
  private let indexByName: [String: Int]

  init(fullName: String, isClosed: Bool, values: [Google_Protobuf_EnumValueDescriptorProto]) {
    (self.fullName, self.isClosed, self.values) = (fullName, isClosed, values)
    indexByName = Dictionary(values.indices.map { (values[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func number(of name: String) -> Int32? { indexByName[name].map { values[$0].number } }

  func rules(of name: String) -> OptionRules? {
    guard let value = indexByName[name].map({ values[$0] }), value.hasOptions else { return nil }
    return OptionRules(value.options)
  }
}

extension FieldKind {
  var isPackable: Bool {
    switch self {
    case .string, .bytes, .message, .group: false
    default: true
    }
  }

  var has64Bits: Bool {
    switch self {
    case .int64, .uint64, .sint64, .fixed64, .sfixed64: true
    default: false
    }
  }
}
