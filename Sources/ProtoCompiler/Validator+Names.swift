// Validates the style of names, as required by edition 2024.
import SwiftProtobuf

extension Validator {
  mutating func validateNames(_ features: ResolvedFeatures) {
    let isChecked = features.namingStyle == .style2024
    if isChecked, !file.package.isEmpty,
      !file.package.split(separator: ".").allSatisfy({ NameStyle.isLowerSnakeCase(String($0)) })
    {
      complain("package", file.package, "lower_snake_case", [FieldPath.File.package])
    }
    for (i, message) in file.messageType.enumerated() {
      validateNames(in: message, features, [FieldPath.File.message, Int32(i)])
    }
    for (i, enumeration) in file.enumType.enumerated() {
      validateNames(in: enumeration, features, [FieldPath.File.enumeration, Int32(i)])
    }
    for (i, field) in file.extension.enumerated() {
      validateName(of: field, features, [FieldPath.File.extension, Int32(i)])
    }
    for (i, service) in file.service.enumerated() {
      let features = features.refined(by: service.options.features)
      let path = [FieldPath.File.service, Int32(i)]
      check("service", service.name, .titleCase, features, path + [FieldPath.Service.name])
      for (j, method) in service.method.enumerated() {
        check(
          "method", method.name, .titleCase, features.refined(by: method.options.features),
          path + [FieldPath.Service.method, Int32(j), FieldPath.Method.name])
      }
    }
  }

  private mutating func validateNames(
    in message: Google_Protobuf_DescriptorProto, _ outer: ResolvedFeatures, _ path: DescriptorPath
  ) {
    guard !message.options.mapEntry else { return }
    let features = outer.refined(by: message)
    check("message", message.name, .titleCase, features, path + [FieldPath.Message.name])
    for (i, field) in message.field.enumerated() {
      validateName(of: field, features, path + [FieldPath.Message.field, Int32(i)])
    }
    for (i, field) in message.extension.enumerated() {
      validateName(of: field, features, path + [FieldPath.Message.extension, Int32(i)])
    }
    for (i, oneof) in message.oneofDecl.enumerated() {
      check(
        "oneof", oneof.name, .lowerSnakeCase, features.refined(by: oneof.options.features),
        path + [FieldPath.Message.oneof, Int32(i), FieldPath.Oneof.name])
    }
    for (i, nested) in message.nestedType.enumerated() {
      validateNames(in: nested, features, path + [FieldPath.Message.nestedType, Int32(i)])
    }
    for (i, enumeration) in message.enumType.enumerated() {
      validateNames(in: enumeration, features, path + [FieldPath.Message.enumeration, Int32(i)])
    }
  }

  private mutating func validateName(
    of field: Google_Protobuf_FieldDescriptorProto, _ features: ResolvedFeatures, _ path: DescriptorPath
  ) {
    let features = features.refined(by: field.options.features)
    check("field", field.name, .lowerSnakeCase, features, path + [FieldPath.Field.name])
  }

  private mutating func validateNames(
    in enumeration: Google_Protobuf_EnumDescriptorProto, _ outer: ResolvedFeatures, _ path: DescriptorPath
  ) {
    let features = outer.refined(by: enumeration)
    check("enum", enumeration.name, .titleCase, features, path + [FieldPath.Enumeration.name])
    for (i, value) in enumeration.value.enumerated() {
      check(
        "enum value", value.name, .upperSnakeCase, features.refined(by: value.options.features),
        path + [FieldPath.Enumeration.value, Int32(i), FieldPath.Value.name])
    }
  }

  private mutating func check(
    _ what: String, _ name: String, _ style: NameStyle, _ features: ResolvedFeatures, _ path: DescriptorPath
  ) {
    guard features.namingStyle == .style2024, !style.accepts(name) else { return }
    complain(what, name, style.rawValue, path)
  }

  private mutating func complain(_ what: String, _ name: String, _ style: String, _ path: DescriptorPath) {
    error(
      "\(what) “\(name)” is not in \(style), as edition 2024 demands "
        + "(`features.enforce_naming_style = STYLE_LEGACY` permits it)", path)
  }
}

private enum NameStyle: String {
  case titleCase = "TitleCase", lowerSnakeCase = "lower_snake_case", upperSnakeCase = "UPPER_SNAKE_CASE"

  func accepts(_ name: String) -> Bool {
    switch self {
    case .titleCase:
      guard let first = name.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
      return !name.contains("_")
    case .lowerSnakeCase: return Self.isLowerSnakeCase(name)
    case .upperSnakeCase: return name == name.uppercased() && Self.isLowerSnakeCase(name.lowercased())
    }
  }

  /// Words of lower-case letters and digits, each beginning with a letter, separated by single underscores.
  static func isLowerSnakeCase(_ name: String) -> Bool {
    name == name.lowercased()
      && name.split(separator: "_", omittingEmptySubsequences: false).allSatisfy { $0.first?.isLetter ?? false }
  }
}
