// Validates features: they must suit the field.
import SwiftProtobuf

extension Validator {
  /// Contradictions among the features of a field, or with the field.
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
}
