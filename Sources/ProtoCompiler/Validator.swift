// The rules for a linked file, beyond grammar and name resolution.
import SwiftProtobuf

/// Walks one linked descriptor with interpreted options, and reports violations.
struct Validator {
  let file: Google_Protobuf_FileDescriptorProto
  let written: WrittenOptions
  let edition: Edition
  let source: SourceInfo
  let catalog: TypeCatalog
  var bag: DiagnosticBag
  /// The extensions of this file by the message they extend and their number.
  var extensionNumbers: [String: String] = [:]

  static func validate(
    _ file: Google_Protobuf_FileDescriptorProto, _ written: WrittenOptions, _ source: SourceInfo,
    _ catalog: TypeCatalog, reportingTo bag: inout DiagnosticBag
  ) {
    var validator = Validator(
      file: file, written: written, edition: Edition(of: file), source: source, catalog: catalog, bag: bag)
    validator.validateFile()
    bag = validator.bag
  }

  mutating func error(_ message: String, _ path: DescriptorPath) { bag.error(message, at: source.span(of: path)) }
  mutating func warning(_ message: String, _ path: DescriptorPath) { bag.warning(message, at: source.span(of: path)) }

  private mutating func validateFile() {
    let features = ResolvedFeatures(of: file)
    validateFileOptions()
    let scope = Scope(name: file.package, features: features, message: nil)
    for (i, message) in file.messageType.enumerated() {
      validate(message, [FieldPath.File.message, Int32(i)], in: scope)
    }
    for (i, enumeration) in file.enumType.enumerated() {
      validate(enumeration, [FieldPath.File.enumeration, Int32(i)], in: scope)
    }
    for (i, field) in file.extension.enumerated() {
      validate(field, [FieldPath.File.extension, Int32(i)], in: scope)
    }
    for (i, service) in file.service.enumerated() { validate(service, [FieldPath.File.service, Int32(i)]) }
    if edition >= .edition2024 {
      validateNames(features)
      if features.symbolVisibility == .strict { validateVisibility() }
    }
  }

  /// The declaration that contains another.
  struct Scope {
    var name: String
    var features: ResolvedFeatures
    /// Nil for the file itself.
    var message: Google_Protobuf_DescriptorProto?

    func inside(_ message: Google_Protobuf_DescriptorProto) -> Scope {
      Scope(
        name: name.isEmpty ? message.name : name + "." + message.name, features: features.refined(by: message),
        message: message)
    }
  }

  // MARK: Files and services

  private mutating func validateFileOptions() {
    let options = FieldPath.File.options
    if !file.isLite {
      for (i, name) in file.dependency.enumerated() where catalog.file(name)?.isLite ?? false {
        error(
          "“\(name)” is for the lite run-time; a file that imports it must be so, too "
            + "(`option optimize_for = LITE_RUNTIME;`)", [FieldPath.File.dependency, Int32(i)])
        break
      }
    }
    guard edition.isEditions, file.hasOptions else { return }
    if file.options.features.fieldPresence == .legacyRequired {
      error("a whole file cannot be LEGACY_REQUIRED; single fields can", [options])
    }
    if file.options.javaStringCheckUtf8 {
      error("\(edition.name) has no java_string_check_utf8; write `features.(pb.java).utf8_validation`", [options])
    }
  }

  private mutating func validate(_ service: Google_Protobuf_ServiceDescriptorProto, _ path: DescriptorPath) {
    guard file.isLite, file.options.ccGenericServices || file.options.javaGenericServices else { return }
    error(
      "a file for the lite run-time has services only without cc_generic_services and java_generic_services",
      path + [FieldPath.Service.name])
  }

  // MARK: Messages

  private mutating func validate(
    _ message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath, in outer: Scope
  ) {
    let scope = outer.inside(message)
    validateOptions(of: message, path)
    validateRanges(of: message, path)
    validateFieldNumbers(of: message, path)
    validateJSONNames(of: message, path, scope.features)
    validateExtensionRangeOptions(of: message, path)
    for (i, field) in message.field.enumerated() {
      validate(field, path + [FieldPath.Message.field, Int32(i)], in: scope)
    }
    for (i, nested) in message.nestedType.enumerated() {
      let path = path + [FieldPath.Message.nestedType, Int32(i)]
      nested.options.mapEntry ? validateMapEntry(nested, path, in: scope) : validate(nested, path, in: scope)
    }
    for (i, enumeration) in message.enumType.enumerated() {
      validate(enumeration, path + [FieldPath.Message.enumeration, Int32(i)], in: scope)
    }
    for (i, field) in message.extension.enumerated() {
      validate(field, path + [FieldPath.Message.extension, Int32(i)], in: scope)
    }
  }

  private mutating func validateOptions(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    guard message.hasOptions else { return }
    if message.options.hasMapEntry {
      error(
        "map_entry is not for schemas to set: declare a field of type map<…, …>", path + [FieldPath.Message.options])
    }
    if message.options.messageSetWireFormat {
      if edition == .proto3 { error("proto3 has no message sets", path + [FieldPath.Message.options]) }
      for i in message.field.indices {
        error(
          "a message set has no fields of its own, only extensions",
          path + [FieldPath.Message.field, Int32(i), FieldPath.Field.name])
      }
    }
  }

  private mutating func validateJSONNames(
    of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath, _ features: ResolvedFeatures
  ) {
    guard !message.options.deprecatedLegacyJsonFieldConflicts else { return }
    guard message.field.count > 1 || message.field.contains(where: \.hasGivenJSONName) else { return }
    // In most messages no name is given, and all are distinct.
    var names: Set<String> = []
    if message.field.allSatisfy({ !$0.hasGivenJSONName && names.insert($0.jsonName).inserted }) { return }
    var owners: [String: Google_Protobuf_FieldDescriptorProto] = [:]
    // Both as given and as by default: field masks only know the latter.
    for usesGiven in [false, true] {
      owners.removeAll(keepingCapacity: true)
      for (i, field) in message.field.enumerated() {
        let path = path + [FieldPath.Message.field, Int32(i)]
        if usesGiven, field.hasGivenJSONName, field.jsonName.hasPrefix("["), field.jsonName.hasSuffix("]") {
          error("a name in JSON cannot stand in brackets", path + [FieldPath.Field.jsonName])
          continue
        }
        let isGiven = usesGiven && field.hasGivenJSONName
        let name = isGiven ? field.jsonName : JSONName.of(field: field.name)
        guard let owner = owners[name] else {
          owners[name] = field
          continue
        }
        let ownerIsGiven = usesGiven && owner.hasGivenJSONName
        if owner.name == field.name || (usesGiven && !isGiven && !ownerIsGiven) { continue }
        let text = "“\(name)” is the name in JSON of field “\(owner.name)” already"
        let place = path + [isGiven ? FieldPath.Field.jsonName : FieldPath.Field.name]
        if features.jsonFormat == .legacyBestEffort, !isGiven || !ownerIsGiven {
          warning(text, place)
        } else {
          error(text, place)
        }
      }
    }
  }

  private mutating func validateMapEntry(
    _ entry: Google_Protobuf_DescriptorProto, _ path: DescriptorPath, in outer: Scope
  ) {
    guard let key = entry.field.first, let value = entry.field.last else { return }
    switch key.type {
    case .double, .float, .bytes, .enum, .message, .group:
      error("the key of a map is an integer, a bool or a string", path + [FieldPath.Message.field, 0])
    default: break
    }
    if value.type == .enum, let type = catalog.enumeration(String(value.typeName.dropFirst())),
      let first = type.values.first, first.number != 0
    {
      error(
        "the first value of enum “\(type.fullName)” is not 0, as it must be in a map",
        path + [FieldPath.Message.field, 1])
    }
    validateEnumType(of: value, path + [FieldPath.Message.field, 1], outer.features)
    let features = outer.features.refined(by: value, in: entry)
    if edition.isEditions, value.type == .enum, features.fieldPresence == .implicit,
      catalog.enumeration(String(value.typeName.dropFirst()))?.isClosed ?? false
    {
      error(
        "with IMPLICIT presence the values of a map cannot be of a closed enum", path + [FieldPath.Message.field, 1])
    }
  }
}

extension Google_Protobuf_FieldDescriptorProto {
  /// Whether the JSON name was given explicitly, not derived from the field's name.
  var hasGivenJSONName: Bool { jsonName != JSONName.of(field: name) }
}

extension Google_Protobuf_FileDescriptorProto {
  /// Whether code for this file has no descriptors and reflection.
  var isLite: Bool { hasOptions && options.optimizeFor == .liteRuntime }
}
