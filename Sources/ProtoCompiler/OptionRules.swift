// Where an option may be used, and in which editions, according to its schema.
import SwiftProtobuf

/// The `targets` and `feature_support` of a field, or of an enum value, that its uses in options must satisfy.
struct OptionRules: Sendable {
  /// Empty if any declaration is allowed.
  var targets: [OptionTarget] = []
  private let support: Google_Protobuf_FieldOptions.FeatureSupport

  /// Nil if the schema has no rules.
  init?(_ options: Google_Protobuf_FieldOptions) {
    guard !options.targets.isEmpty || options.hasFeatureSupport else { return nil }
    targets = options.targets
    support = options.featureSupport
  }

  /// Nil if the schema has no rules.
  init?(_ options: Google_Protobuf_EnumValueOptions) {
    guard options.hasFeatureSupport else { return nil }
    support = options.featureSupport
  }

  /// The violation, if any, by a use on a declaration of this kind, and whether it is only a warning.
  func finding(
    on target: OptionTarget, in edition: Edition
  ) -> (message: String, isWarning: Bool)? {
    if !targets.isEmpty, !targets.contains(target) { return ("cannot be set on \(target.subject)", false) }
    let year = edition.rawValue
    if support.hasEditionIntroduced, support.editionIntroduced.rawValue > year {
      return ("came with \(Self.name(support.editionIntroduced)); this file is \(edition.name)", false)
    }
    if support.hasEditionRemoved, support.editionRemoved.rawValue <= year {
      return ("was removed in \(Self.name(support.editionRemoved)): \(support.removalError)", false)
    }
    if support.hasEditionDeprecated, support.editionDeprecated.rawValue <= year {
      return ("is deprecated since \(Self.name(support.editionDeprecated)): \(support.deprecationWarning)", true)
    }
    return nil
  }

  private static func name(_ edition: Google_Protobuf_Edition) -> String {
    Edition(rawValue: edition.rawValue)?.name ?? "edition \(edition)"
  }
}

/// The use of a field or value that has rules.
struct OptionUse {
  /// The name in messages.
  var name: String
  var rules: OptionRules
  var span: Span

  /// Nil if the field has no rules.
  init?(_ field: FieldSchema, at span: Span) {
    guard let rules = field.rules else { return nil }
    let isFeature = field.container == "google.protobuf.FeatureSet" && !field.isExtension
    self.init(name: isFeature ? "feature “\(field.name)”" : "option “\(field.fullName)”", rules: rules, span: span)
  }

  init(name: String, rules: OptionRules, span: Span) { (self.name, self.rules, self.span) = (name, rules, span) }
}

typealias OptionTarget = Google_Protobuf_FieldOptions.OptionTargetType

extension OptionTarget {
  /// The name of such a declaration in messages.
  var subject: String {
    switch self {
    case .targetTypeUnknown: "anything"
    case .targetTypeFile: "a file"
    case .targetTypeExtensionRange: "an extension range"
    case .targetTypeMessage: "a message"
    case .targetTypeField: "a field"
    case .targetTypeOneof: "a oneof"
    case .targetTypeEnum: "an enum"
    case .targetTypeEnumEntry: "an enum value"
    case .targetTypeService: "a service"
    case .targetTypeMethod: "a method"
    }
  }
}
