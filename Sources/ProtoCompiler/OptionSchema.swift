// The options that the language itself has, by what they can be set on: facts of google/protobuf/descriptor.proto.
import SwiftProtobuf

/// The options of one kind of declaration.
struct OptionSchema {
  enum Kind {
    case bool
    case string
    case enumeration([String: Int32])
    /// Settings of editions, with parts of their own.
    case unsupported
  }

  struct Option {
    var number: Int32
    var kind: Kind
    var isRepeated = false
  }

  /// What a person calls the declaration: "a field".
  var subject: String
  var options: [String: Option]
}

/// A message of google/protobuf/descriptor.proto that holds options.
protocol OptionsMessage: Message {
  static var schema: OptionSchema { get }
  var uninterpretedOption: [Google_Protobuf_UninterpretedOption] { get set }
}

extension Google_Protobuf_FileOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "a file",
    options: [
      "java_package": .init(number: 1, kind: .string),
      "java_outer_classname": .init(number: 8, kind: .string),
      "optimize_for": .init(number: 9, kind: .enumeration(["SPEED": 1, "CODE_SIZE": 2, "LITE_RUNTIME": 3])),
      "java_multiple_files": .init(number: 10, kind: .bool),
      "go_package": .init(number: 11, kind: .string),
      "cc_generic_services": .init(number: 16, kind: .bool),
      "java_generic_services": .init(number: 17, kind: .bool),
      "py_generic_services": .init(number: 18, kind: .bool),
      "java_generate_equals_and_hash": .init(number: 20, kind: .bool),
      "deprecated": .init(number: 23, kind: .bool),
      "java_string_check_utf8": .init(number: 27, kind: .bool),
      "cc_enable_arenas": .init(number: 31, kind: .bool),
      "objc_class_prefix": .init(number: 36, kind: .string),
      "csharp_namespace": .init(number: 37, kind: .string),
      "swift_prefix": .init(number: 39, kind: .string),
      "php_class_prefix": .init(number: 40, kind: .string),
      "php_namespace": .init(number: 41, kind: .string),
      "php_metadata_namespace": .init(number: 44, kind: .string),
      "ruby_package": .init(number: 45, kind: .string),
      "features": .init(number: 50, kind: .unsupported),
    ])
}

extension Google_Protobuf_MessageOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "a message",
    options: [
      "message_set_wire_format": .init(number: 1, kind: .bool),
      "no_standard_descriptor_accessor": .init(number: 2, kind: .bool),
      "deprecated": .init(number: 3, kind: .bool),
      "map_entry": .init(number: 7, kind: .bool),
      "deprecated_legacy_json_field_conflicts": .init(number: 11, kind: .bool),
      "features": .init(number: 12, kind: .unsupported),
    ])
}

extension Google_Protobuf_FieldOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "a field",
    options: [
      "ctype": .init(number: 1, kind: .enumeration(["STRING": 0, "CORD": 1, "STRING_PIECE": 2])),
      "packed": .init(number: 2, kind: .bool),
      "deprecated": .init(number: 3, kind: .bool),
      "lazy": .init(number: 5, kind: .bool),
      "jstype": .init(number: 6, kind: .enumeration(["JS_NORMAL": 0, "JS_STRING": 1, "JS_NUMBER": 2])),
      "weak": .init(number: 10, kind: .bool),
      "unverified_lazy": .init(number: 15, kind: .bool),
      "debug_redact": .init(number: 16, kind: .bool),
      "retention": .init(
        number: 17,
        kind: .enumeration(["RETENTION_UNKNOWN": 0, "RETENTION_RUNTIME": 1, "RETENTION_SOURCE": 2])),
      "targets": .init(
        number: 19,
        kind: .enumeration([
          "TARGET_TYPE_UNKNOWN": 0, "TARGET_TYPE_FILE": 1, "TARGET_TYPE_EXTENSION_RANGE": 2, "TARGET_TYPE_MESSAGE": 3,
          "TARGET_TYPE_FIELD": 4, "TARGET_TYPE_ONEOF": 5, "TARGET_TYPE_ENUM": 6, "TARGET_TYPE_ENUM_ENTRY": 7,
          "TARGET_TYPE_SERVICE": 8, "TARGET_TYPE_METHOD": 9,
        ]), isRepeated: true),
      "edition_defaults": .init(number: 20, kind: .unsupported, isRepeated: true),
      "features": .init(number: 21, kind: .unsupported),
      "feature_support": .init(number: 22, kind: .unsupported),
    ])
}

extension Google_Protobuf_OneofOptions: OptionsMessage {
  static let schema = OptionSchema(subject: "a oneof", options: ["features": .init(number: 1, kind: .unsupported)])
}

extension Google_Protobuf_EnumOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "an enum",
    options: [
      "allow_alias": .init(number: 2, kind: .bool),
      "deprecated": .init(number: 3, kind: .bool),
      "deprecated_legacy_json_field_conflicts": .init(number: 6, kind: .bool),
      "features": .init(number: 7, kind: .unsupported),
    ])
}

extension Google_Protobuf_EnumValueOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "an enum value",
    options: [
      "deprecated": .init(number: 1, kind: .bool),
      "features": .init(number: 2, kind: .unsupported),
      "debug_redact": .init(number: 3, kind: .bool),
      "feature_support": .init(number: 4, kind: .unsupported),
    ])
}

extension Google_Protobuf_ServiceOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "a service",
    options: ["deprecated": .init(number: 33, kind: .bool), "features": .init(number: 34, kind: .unsupported)])
}

extension Google_Protobuf_MethodOptions: OptionsMessage {
  static let schema = OptionSchema(
    subject: "a method",
    options: [
      "deprecated": .init(number: 33, kind: .bool),
      "idempotency_level": .init(
        number: 34, kind: .enumeration(["IDEMPOTENCY_UNKNOWN": 0, "NO_SIDE_EFFECTS": 1, "IDEMPOTENT": 2])),
      "features": .init(number: 35, kind: .unsupported),
    ])
}
