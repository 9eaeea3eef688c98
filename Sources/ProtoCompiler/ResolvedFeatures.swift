// The effective features of a declaration: the edition's defaults, overridden on the path down to it.
import SwiftProtobuf

/// The features that affect what a compiler accepts and how values are encoded.
struct ResolvedFeatures {
  typealias Features = Google_Protobuf_FeatureSet

  var fieldPresence: Features.FieldPresence
  var enumType: Features.EnumType
  var repeatedFieldEncoding: Features.RepeatedFieldEncoding
  var messageEncoding: Features.MessageEncoding
  var jsonFormat: Features.JsonFormat
  var namingStyle: Features.EnforceNamingStyle
  var symbolVisibility: Features.VisibilityFeature.DefaultSymbolVisibility

  /// The defaults of an edition.
  init(_ edition: Edition) {
    fieldPresence = edition == .proto3 ? .implicit : .explicit
    enumType = edition == .proto2 ? .closed : .open
    repeatedFieldEncoding = edition == .proto2 ? .expanded : .packed
    messageEncoding = .lengthPrefixed
    jsonFormat = edition == .proto2 ? .legacyBestEffort : .allow
    namingStyle = edition >= .edition2024 ? .style2024 : .styleLegacy
    symbolVisibility = edition >= .edition2024 ? .exportTopLevel : .exportAll
  }

  /// The features of a part of the declaration with these features, given the part's own.
  func refined(by features: Features) -> ResolvedFeatures {
    var refined = self
    if features.hasFieldPresence { refined.fieldPresence = features.fieldPresence }
    if features.hasEnumType { refined.enumType = features.enumType }
    if features.hasRepeatedFieldEncoding { refined.repeatedFieldEncoding = features.repeatedFieldEncoding }
    if features.hasMessageEncoding { refined.messageEncoding = features.messageEncoding }
    if features.hasJsonFormat { refined.jsonFormat = features.jsonFormat }
    if features.hasEnforceNamingStyle { refined.namingStyle = features.enforceNamingStyle }
    if features.hasDefaultSymbolVisibility { refined.symbolVisibility = features.defaultSymbolVisibility }
    return refined
  }

  init(of file: Google_Protobuf_FileDescriptorProto) {
    self.init(Edition(of: file))
    if file.hasOptions, file.options.hasFeatures { self = refined(by: file.options.features) }
  }

  func refined(by message: Google_Protobuf_DescriptorProto) -> ResolvedFeatures {
    message.hasOptions && message.options.hasFeatures ? refined(by: message.options.features) : self
  }

  func refined(by enumeration: Google_Protobuf_EnumDescriptorProto) -> ResolvedFeatures {
    enumeration.hasOptions && enumeration.options.hasFeatures ? refined(by: enumeration.options.features) : self
  }

  /// The features of a field of a message with these features. Their equivalents in older versions count, too.
  func refined(
    by field: Google_Protobuf_FieldDescriptorProto, in message: Google_Protobuf_DescriptorProto?
  ) -> ResolvedFeatures {
    var refined = self
    if field.hasOneofIndex, !field.proto3Optional, let oneof = message?.oneofDecl[Int(field.oneofIndex)],
      oneof.hasOptions, oneof.options.hasFeatures
    {
      refined = refined.refined(by: oneof.options.features)
    }
    if field.hasOptions, field.options.hasFeatures { refined = refined.refined(by: field.options.features) }
    if field.hasOptions, field.options.hasPacked {
      refined.repeatedFieldEncoding = field.options.packed ? .packed : .expanded
    }
    if field.label == .required { refined.fieldPresence = .legacyRequired }
    if field.proto3Optional { refined.fieldPresence = .explicit }
    if field.type == .group { refined.messageEncoding = .delimited }
    return refined
  }
}
