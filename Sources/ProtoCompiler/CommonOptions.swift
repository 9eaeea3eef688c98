// The options that nearly all schemas set: known without reading descriptor.proto, which takes longer than a small schema.
import SwiftProtobuf

enum CommonOptions {
  /// What is known of an options message; nil if it has an option among `options` that is not common.
  static func schema(of message: String, for options: some Sequence<OptionSyntax>) -> MessageSchema? {
    guard let schema = schemas[message] else { return nil }
    let areCommon = options.allSatisfy { option in
      option.name.count == 1 && !option.name[0].isExtension && schema.field(named: option.name[0].text) != nil
    }
    return areCommon ? schema : nil
  }

  static let schemas: [String: MessageSchema] = [
    "File": [
      ("java_package", 1, .string), ("java_outer_classname", 8, .string), ("java_multiple_files", 10, .bool),
      ("go_package", 11, .string), ("deprecated", 23, .bool), ("java_string_check_utf8", 27, .bool),
      ("cc_enable_arenas", 31, .bool), ("objc_class_prefix", 36, .string), ("csharp_namespace", 37, .string),
      ("swift_prefix", 39, .string), ("php_class_prefix", 40, .string), ("php_namespace", 41, .string),
      ("php_metadata_namespace", 44, .string), ("ruby_package", 45, .string),
    ],
    "Message": [("message_set_wire_format", 1, .bool), ("deprecated", 3, .bool)],
    "Field": [("packed", 2, .bool), ("deprecated", 3, .bool), ("lazy", 5, .bool)],
    "Enum": [("allow_alias", 2, .bool), ("deprecated", 3, .bool)],
    "EnumValue": [("deprecated", 1, .bool)],
    "Service": [("deprecated", 33, .bool)],
    "Method": [("deprecated", 33, .bool)],
  ].reduce(into: [:]) { (schemas, entry: (key: String, value: [(String, Int32, FieldKind)])) in
    let name = "google.protobuf.\(entry.key)Options"
    schemas[name] = MessageSchema(
      fullName: name, fields: entry.value.map { FieldSchema(option: $0.0, $0.1, $0.2, of: name) })
  }
}
