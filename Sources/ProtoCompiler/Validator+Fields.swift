// The validator's part for fields and extensions.
import SwiftProtobuf

extension Validator {
  mutating func validate(
    _ field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, in scope: Scope
  ) {
    let features = scope.features.refined(by: field, in: scope.message)
    validateOptions(of: field, path)
    validateDefault(of: field, path)
    validateMapType(of: field, path, in: scope)
    validateEnumType(of: field, path, scope.features)
    if field.hasExtendee { validateExtension(field, path, in: scope, features) }
    if field.jsonName.utf8.contains(0) {
      error("a name in JSON has no character NUL", path + [FieldPath.Field.jsonName])
    }
    if edition.isEditions { validateFeatures(of: field, path, features) }
  }

  private mutating func validateOptions(of field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath) {
    guard field.hasOptions else { return }
    let options = field.options
    let optionsPath = path + [FieldPath.Field.options]
    if options.packed, field.label != .repeated || !field.type.isPackable {
      error("only a repeated field of numbers, bools or enums can be packed", optionsPath)
    }
    if options.lazy || options.unverifiedLazy, field.type != .message {
      error("only a field of a message type can be lazy", optionsPath)
    }
    if options.unverifiedLazy, field.hasExtendee {
      error("an extension cannot be unverified_lazy", optionsPath)
    }
    if options.hasJstype, options.jstype != .jsNormal, !field.type.has64Bits {
      error("jstype is for integers of 64 bits", optionsPath)
    }
    if edition >= .edition2024, options.hasCtype {
      error("\(edition.name) has no ctype; write `features.(pb.cpp).string_type`", optionsPath)
    }
  }

  private mutating func validateDefault(of field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath) {
    guard field.hasDefaultValue else { return }
    let path = path + [FieldPath.Field.defaultValue]
    if field.label == .repeated { return error("a repeated field has no default value", path) }
    switch field.type {
    case .message, .group: error("a message has no default value", path)
    case .enum:
      guard let type = catalog.enumeration(String(field.typeName.dropFirst())) else { return }
      guard type.number(of: field.defaultValue) == nil else { return }
      let hint = NameSuggestion.hint(for: field.defaultValue, among: type.values.map(\.name))
      error("enum “\(type.fullName)” has no value “\(field.defaultValue)”\(hint)", path)
    default: break
    }
  }

  // MARK: Types

  /// The messages of a map's entries are named by the compiler, and are for no other fields.
  private mutating func validateMapType(
    of field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, in scope: Scope
  ) {
    guard field.type == .message, field.typeName.hasSuffix("Entry") else { return }
    let type = String(field.typeName.dropFirst())
    guard catalog.message(type)?.isMapEntry ?? false else { return }
    let expected = (scope.name, MapEntry.name(field: field.name))
    let isItsOwn = field.label == .repeated && DescriptorWalk.split(type) == expected
    if !isItsOwn {
      error("“\(type)” is the message of a map's entries, which no field can be of", path + [FieldPath.Field.typeName])
    }
  }

  mutating func validateEnumType(
    of field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, _ features: ResolvedFeatures
  ) {
    guard edition == .proto3, field.type == .enum else { return }
    guard let type = catalog.enumeration(String(field.typeName.dropFirst())), type.isClosed else { return }
    error(
      "enum “\(type.fullName)” is closed, as those of proto2 are; a field of proto3 needs an open one",
      path + [FieldPath.Field.typeName])
  }

  // MARK: Extensions

  private mutating func validateExtension(
    _ field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, in scope: Scope,
    _ features: ResolvedFeatures
  ) {
    let extendee = String(field.extendee.dropFirst())
    if edition == .proto3, !Self.optionMessages.contains(extendee) {
      error("in proto3 only options can be extended", path + [FieldPath.Field.extendee])
    }
    if features.fieldPresence == .legacyRequired, field.label != .repeated {
      let part = field.label == .required ? FieldPath.Field.type : FieldPath.Field.name
      error("an extension cannot be required", path + [part])
    }
    if field.hasGivenJSONName { error("an extension has no name in JSON", path + [FieldPath.Field.jsonName]) }
    validateNotForImplementations(field.number, path)
    guard let type = catalog.message(extendee) else { return }
    if type.isMessageSet, field.type != .message || field.label != .optional {
      error("an extension of a message set is a single message", path + [FieldPath.Field.type])
    }
    if file.isLite, let other = catalog.symbols[extendee], !(catalog.file(other.file)?.isLite ?? true) {
      error(
        "“\(extendee)” is not for the lite run-time, so an extension of it cannot be",
        path + [FieldPath.Field.extendee])
    }
    guard let index = type.extensionRange(of: field.number) else {
      return error(
        "“\(extendee)” does not leave number \(field.number) to extensions", path + [FieldPath.Field.number])
    }
    let name = scope.name.isEmpty ? field.name : scope.name + "." + field.name
    if let owner = extensionNumbers.updateValue(name, forKey: "\(extendee) \(field.number)") {
      error("number \(field.number) of “\(extendee)” belongs to “\(owner)” already", path + [FieldPath.Field.number])
    } else if let owner = catalog.claim(field.number, of: extendee, for: name) {
      warning("number \(field.number) of “\(extendee)” belongs to “\(owner)”, too", path + [FieldPath.Field.number])
    }
    validateDeclaration(of: field, named: name, path, range: index, of: extendee)
  }

  static let optionMessages: Set<String> = Set(
    [
      "File", "Message", "Field", "Oneof", "ExtensionRange", "Enum", "EnumValue", "Service", "Method",
    ].map { "google.protobuf.\($0)Options" } + ["google.protobuf.FeatureSet", "google.protobuf.StreamOptions"])
}
