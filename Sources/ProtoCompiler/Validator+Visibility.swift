// Validates STRICT visibility, which exports only top-level declarations.
import SwiftProtobuf

extension Validator {
  mutating func validateVisibility() {
    for (i, message) in file.messageType.enumerated() {
      validateVisibility(in: message, [FieldPath.File.message, Int32(i)], isOutermost: true)
    }
  }

  private mutating func validateVisibility(
    in message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath, isOutermost: Bool
  ) {
    // A message that is only a namespace for its enums, and is not exported itself.
    let isScope =
      isOutermost && message.visibility != .visibilityExport && message.reservedRange.count == 1
      && message.reservedRange.first?.start == 1 && message.reservedRange.first?.end == FieldNumber.max + 1
    for (i, enumeration) in message.enumType.enumerated() where enumeration.visibility == .visibilityExport && !isScope
    {
      error(
        "with STRICT visibility a nested enum is not exported, unless in a message that is not, has no fields, and says "
          + "`reserved 1 to max;`",
        path + [FieldPath.Message.enumeration, Int32(i), FieldPath.Enumeration.name])
    }
    for (i, nested) in message.nestedType.enumerated() {
      let path = path + [FieldPath.Message.nestedType, Int32(i)]
      if nested.visibility == .visibilityExport {
        error("with STRICT visibility a nested message is not exported", path + [FieldPath.Message.name])
      }
      validateVisibility(in: nested, path, isOutermost: false)
    }
  }
}
