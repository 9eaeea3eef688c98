// The options that nearly all schemas use: known without parsing descriptor.proto, which takes longer than a small
// schema.
import SwiftProtobuf

enum CommonOptions {
  /// The schema of an options message; nil if any of `options` is not a common one.
  static func schema(of message: String, for options: some Sequence<OptionSyntax>) -> MessageSchema? {
    guard let schema = schemas[message] else { return nil }
    let areCommon = options.allSatisfy { option in
      option.name.count == 1 && !option.name[0].isExtension && schema.field(named: option.name[0].text) != nil
    }
    return areCommon ? schema : nil
  }

  private enum Kind {
    case bool, string
    /// By its name inside the options message.
    case oneOf(String)
  }

  static let schemas: [String: MessageSchema] = [
    "File": [
      ("java_package", 1, .string), ("java_outer_classname", 8, .string), ("optimize_for", 9, .oneOf("OptimizeMode")),
      ("java_multiple_files", 10, .bool), ("go_package", 11, .string), ("cc_generic_services", 16, .bool),
      ("java_generic_services", 17, .bool), ("py_generic_services", 18, .bool),
      ("java_generate_equals_and_hash", 20, .bool), ("deprecated", 23, .bool), ("java_string_check_utf8", 27, .bool),
      ("cc_enable_arenas", 31, .bool), ("objc_class_prefix", 36, .string), ("csharp_namespace", 37, .string),
      ("swift_prefix", 39, .string), ("php_class_prefix", 40, .string), ("php_namespace", 41, .string),
      ("php_metadata_namespace", 44, .string), ("ruby_package", 45, .string),
    ],
    "Message": [("message_set_wire_format", 1, .bool), ("deprecated", 3, .bool)],
    "Field": [
      ("ctype", 1, .oneOf("CType")), ("packed", 2, .bool), ("deprecated", 3, .bool), ("lazy", 5, .bool),
      ("jstype", 6, .oneOf("JSType")),
    ],
    "Enum": [("allow_alias", 2, .bool), ("deprecated", 3, .bool)],
    "EnumValue": [("deprecated", 1, .bool)],
    "Service": [("deprecated", 33, .bool)],
    "Method": [("deprecated", 33, .bool), ("idempotency_level", 34, .oneOf("IdempotencyLevel"))],
  ].reduce(into: [:]) { (schemas, entry: (key: String, value: [(String, Int32, Kind)])) in
    let name = "google.protobuf.\(entry.key)Options"
    let fields = entry.value.map { (option, number, kind) in
      switch kind {
      case .bool: FieldSchema(option: option, number, .bool, of: name)
      case .string: FieldSchema(option: option, number, .string, of: name)
      case .oneOf(let type): FieldSchema(option: option, number, .enum, named: name + "." + type, of: name)
      }
    }
    schemas[name] = MessageSchema(fullName: name, fields: fields)
  }

  /// The enum types of common options.
  static let enums: [String: EnumSchema] = [
    "FileOptions.OptimizeMode": [("SPEED", 1), ("CODE_SIZE", 2), ("LITE_RUNTIME", 3)],
    "FieldOptions.CType": [("STRING", 0), ("CORD", 1), ("STRING_PIECE", 2)],
    "FieldOptions.JSType": [("JS_NORMAL", 0), ("JS_STRING", 1), ("JS_NUMBER", 2)],
    "MethodOptions.IdempotencyLevel": [("IDEMPOTENCY_UNKNOWN", 0), ("NO_SIDE_EFFECTS", 1), ("IDEMPOTENT", 2)],
  ].reduce(into: [:]) { (enums, entry: (key: String, value: [(String, Int32)])) in
    let name = "google.protobuf." + entry.key
    let values = entry.value.map { (value, number) in
      Google_Protobuf_EnumValueDescriptorProto.with { ($0.name, $0.number) = (value, number) }
    }
    enums[name] = EnumSchema(fullName: name, isClosed: true, values: values)
  }
}
