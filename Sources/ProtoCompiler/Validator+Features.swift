// The validator's part for features: where each can be set, and since which edition.
import SwiftProtobuf

extension Validator {
  /// What features of a single field contradict each other or the field.
  mutating func validateFeatures(
    of field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, _ resolved: ResolvedFeatures
  ) {
    let namePath = path + [FieldPath.Field.name]
    if field.hasOptions, field.options.hasPacked {
      error("\(edition.name) has no option packed; write `features.repeated_field_encoding`", namePath)
    }
    let isSingular = field.label != .repeated
    let enumType = field.type == .enum ? catalog.enumeration(String(field.typeName.dropFirst())) : nil
    let isMessage = field.type == .message || field.type == .group
    let isImplicit =
      isSingular && resolved.fieldPresence == .implicit && !isMessage && !field.hasOneofIndex && !field.hasExtendee
    if isImplicit, field.hasDefaultValue {
      error("a field with IMPLICIT presence has no default value but zero", namePath)
    }
    if isImplicit, let enumType, enumType.isClosed {
      error("a field with IMPLICIT presence needs an open enum; “\(enumType.fullName)” is closed", namePath)
    }
    guard field.hasOptions, field.options.hasFeatures else { return }
    let features = field.options.features
    let isMap = !isSingular && isMessage && catalog.message(String(field.typeName.dropFirst()))?.isMapEntry ?? false
    if features.hasFieldPresence {
      if field.hasOneofIndex {
        error("a member of a oneof has no field_presence of its own", namePath)
      } else if !isSingular {
        error("a repeated field has no field_presence", namePath)
      } else if field.hasExtendee, features.fieldPresence != .legacyRequired {
        error("an extension has no field_presence", namePath)
      } else if isMessage, features.fieldPresence == .implicit {
        error("a message cannot have IMPLICIT presence", namePath)
      }
    }
    if features.hasRepeatedFieldEncoding {
      if isSingular {
        error("repeated_field_encoding is for repeated fields", namePath)
      } else if features.repeatedFieldEncoding == .packed, !field.type.isPackable {
        error("only a repeated field of numbers, bools or enums can be PACKED", namePath)
      }
    }
    if features.hasUtf8Validation, field.type != .string, !(isMap && hasString(field.typeName)) {
      error("utf8_validation is for strings", namePath)
    }
    if features.hasMessageEncoding, !isMessage || isMap {
      error("message_encoding is for fields of a message type that are no maps", namePath)
    }
  }

  private func hasString(_ map: String) -> Bool {
    catalog.message(String(map.dropFirst()))?.fields.contains { $0.kind == .string } ?? false
  }

  /// Where a feature stands that is not meant for such declarations, or came with a later edition.
  mutating func validateFeatures() {
    guard edition.isEditions else { return }
    for (path, options) in written.byPath {
      guard let target = FeatureTarget(path) else { continue }
      for option in options where option.name.count == 2 && option.name[0].isFeatures && !option.name[1].isExtension {
        guard let rule = FeatureRule.all[option.name[1].text] else { continue }
        if !rule.targets.contains(target), !isMapEntryPart(path) {
          bag.error("\(target.rawValue) has no feature “\(option.name[1].text)”", at: option.nameSpan)
        }
        if edition < rule.since {
          bag.error("feature “\(option.name[1].text)” came with \(rule.since.name)", at: option.nameSpan)
        }
      }
    }
  }

  /// The key and the value of a map get the features of their field, whatever they are.
  private func isMapEntryPart(_ path: DescriptorPath) -> Bool { source.isOnlyNoted(path.dropLast()) }
}

/// What a feature can be set on.
private enum FeatureTarget: String {
  case file = "a file", message = "a message", field = "a field", oneof = "a oneof", range = "an extension range"
  case enumeration = "an enum", value = "an enum value", service = "a service", method = "a method"

  /// The kind of declaration whose options stand at `path`.
  init?(_ path: DescriptorPath) {
    guard path.count > 1 else {
      self = .file
      return
    }
    // A path alternates between the numbers of lists and indices in them; messages nest in messages.
    var kind = FeatureTarget.file
    for number in stride(from: 0, to: path.count - 1, by: 2).map({ path[$0] }) {
      switch (kind, number) {
      case (.file, FieldPath.File.message), (.message, FieldPath.Message.nestedType): kind = .message
      case (.file, FieldPath.File.enumeration), (.message, FieldPath.Message.enumeration): kind = .enumeration
      case (.file, FieldPath.File.service): kind = .service
      case (.file, FieldPath.File.extension), (.message, FieldPath.Message.extension): kind = .field
      case (.message, FieldPath.Message.field): kind = .field
      case (.message, FieldPath.Message.oneof): kind = .oneof
      case (.message, FieldPath.Message.extensionRange): kind = .range
      case (.enumeration, FieldPath.Enumeration.value): kind = .value
      case (.service, FieldPath.Service.method): kind = .method
      default: return nil
      }
    }
    self = kind
  }
}

private struct FeatureRule {
  var targets: Set<FeatureTarget>
  var since = Edition.edition2023

  static let all: [String: FeatureRule] = [
    "field_presence": FeatureRule(targets: [.field, .file]),
    "enum_type": FeatureRule(targets: [.enumeration, .file]),
    "repeated_field_encoding": FeatureRule(targets: [.field, .file]),
    "utf8_validation": FeatureRule(targets: [.field, .file]),
    "message_encoding": FeatureRule(targets: [.field, .file]),
    "json_format": FeatureRule(targets: [.message, .enumeration, .file]),
    "enforce_naming_style": FeatureRule(
      targets: [.file, .range, .message, .field, .oneof, .enumeration, .value, .service, .method],
      since: .edition2024),
    "default_symbol_visibility": FeatureRule(targets: [.file], since: .edition2024),
  ]
}
