// Options as written.

/// The brackets after a field, an enum value or extension ranges.
struct BracketedOptions {
  enum Entry {
    case option(OptionSyntax)
    case jsonName(NameSyntax, span: Span)
    case defaultValue(DefaultValueSyntax)
  }

  var entries: [Entry] = []
  /// Brackets included.
  var span: Span
}

/// `default = value`
struct DefaultValueSyntax {
  /// In the form of descriptors: numbers in decimal, bytes with escapes.
  var text: String
  var span: Span
}

struct OptionSyntax {
  struct NamePart {
    var text: String
    /// Whether the part is in parentheses: the name of an extension.
    var isExtension: Bool
    var span: Span
  }

  enum Value {
    case identifier(String)
    case positiveInteger(UInt64)
    case negativeInteger(Int64)
    case double(Double)
    case string([UInt8])
    /// The tokens between braces, including the closing one.
    case aggregate(ArraySlice<Token>)
  }

  var name: [NamePart]
  var value: Value
  var valueSpan: Span
  var span: Span
  var comments: DeclarationComments = DeclarationComments()

  /// The name as written: `(a.b).c`.
  var displayName: String { Self.displayName(name) }

  static func displayName(_ parts: some Sequence<NamePart>) -> String {
    parts.map { $0.isExtension ? "(\($0.text))" : $0.text }.joined(separator: ".")
  }

  var nameSpan: Span {
    guard let first = name.first, let last = name.last else { return span }
    return Span(start: first.span.start, end: last.span.end)
  }
}
