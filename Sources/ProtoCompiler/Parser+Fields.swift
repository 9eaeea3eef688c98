// Parses fields, groups and their types.
import SwiftProtobuf

extension Parser {
  /// The declaration that contains a field, which determines the valid syntax.
  enum FieldContext { case message, oneof, extend }

  mutating func field(in context: FieldContext = .message) throws(SyntaxError) -> FieldSyntax {
    let start = stream.start
    let label = try label(in: context)
    let type = try fieldType(label, in: context)
    let name = try stream.identifier("the name of the field")
    if stream.isAt(";") {
      throw SyntaxError(message: "field “\(name.text)” has no number: “= 1” or the like is missing", span: name.span)
    }
    try stream.expect("=")
    // An extension of a message set may have a larger number than fields; the validator checks that.
    let range = 1...(context == .extend ? Int32.max : FieldNumber.max)
    let (number, numberSpan) = try stream.integer("the number of a field", in: range)
    let options = try bracketedOptions(of: type)
    var field = FieldSyntax(
      label: label, type: type, name: name, number: number, numberSpan: numberSpan, options: options,
      span: name.span, comments: DeclarationComments())
    if case .scalar(.group) = type.kind {
      field.group = try group(named: name, from: start)
    } else {
      field.comments = try stream.endDeclaration(";")
    }
    field.span = stream.span(from: start)
    return field
  }

  private mutating func group(named name: NameSyntax, from start: Position) throws(SyntaxError) -> MessageSyntax {
    if !("A"..."Z").contains(name.text.prefix(1)) {
      bag.error("a group is also the name of a message: it begins with a capital letter", at: name.span)
    }
    guard stream.isAt("{") else { throw stream.unexpected(expected: "“{” and the fields of the group") }
    return try messageBody(named: name, from: start)
  }

  // MARK: Labels

  private mutating func label(in context: FieldContext) throws(SyntaxError) -> (FieldSyntax.Label, Span)? {
    let word = stream.current
    guard word.kind == .identifier, let label = FieldSyntax.Label(word.text) else { return nil }
    if context == .oneof {
      bag.error("a member of a oneof has no label", at: word.span)
    } else if edition.isEditions, label == .required {
      refuse("label “required”", instead: "`[features.field_presence = LEGACY_REQUIRED]`")
    } else if edition.isEditions, label == .optional {
      refuse(
        "label “optional”", instead: "nothing: a field is optional unless `features.field_presence` says otherwise")
    } else if edition == .proto3, label == .required {
      bag.error("proto3 has no required fields", at: word.span)
    }
    stream.take()
    return context == .oneof ? nil : (label, word.span)
  }

  // MARK: Types

  private mutating func fieldType(
    _ label: (kind: FieldSyntax.Label, span: Span)?, in context: FieldContext
  ) throws(SyntaxError) -> TypeSyntax {
    let start = stream.start
    guard stream.isAt("map"), stream.isNext("<") else {
      if edition == .proto2, label == nil, context != .oneof { reportMissingLabel() }
      return try plainType()
    }
    stream.take()
    try stream.expect("<")
    let key = try plainType(inMap: true)
    try stream.expect(",")
    if stream.isAt("map"), stream.isNext("<") {
      throw SyntaxError(message: "the values of a map cannot be maps", span: stream.current.span)
    }
    let value = try plainType(inMap: true)
    try stream.expect(">")
    let span = stream.span(from: start)
    switch context {
    case .oneof: throw SyntaxError(message: "a map cannot be a member of a oneof", span: span)
    case .extend: throw SyntaxError(message: "a map cannot be an extension", span: span)
    case .message where label != nil:
      throw SyntaxError(message: "a map has no label: it is repeated by its nature", span: span)
    case .message: return TypeSyntax(kind: .map(key: key, value: value), span: span)
    }
  }

  private mutating func reportMissingLabel() {
    guard stream.current.kind == .identifier || stream.isAt(".") else { return }  // not a field at all
    bag.error("in proto2 a field begins with “optional”, “repeated” or “required”", at: stream.current.span)
  }

  private mutating func plainType(inMap: Bool = false) throws(SyntaxError) -> TypeSyntax {
    let word = stream.current
    if word.text == "group", word.kind == .identifier, !stream.isNext(".") {
      if inMap { throw SyntaxError(message: "a map has no groups", span: word.span) }
      if edition == .proto3 { bag.error("proto3 has no groups", at: word.span) }
      if edition.isEditions {
        refuse("groups", instead: "a message, and a field of it with `[features.message_encoding = DELIMITED]`")
      }
      stream.take()
      return TypeSyntax(kind: .scalar(.group), span: word.span)
    }
    if word.kind == .identifier, let scalar = ScalarTypes.kind(named: word.text) {
      stream.take()
      return TypeSyntax(kind: .scalar(scalar), span: word.span)
    }
    let name = try stream.dottedName("a type", allowingLeadingDot: true)
    return TypeSyntax(kind: .named(name.text), span: name.span)
  }
}

extension FieldSyntax.Label {
  fileprivate init?(_ word: String) {
    switch word {
    case "optional": self = .optional
    case "repeated": self = .repeated
    case "required": self = .required
    default: return nil
    }
  }
}

/// The valid field numbers.
enum FieldNumber {
  static let max: Int32 = (1 << 29) - 1
  /// Reserved for implementations of protocol buffers.
  static let reservedForImplementations: ClosedRange<Int32> = 19000...19999
}

/// The built-in types of the language.
enum ScalarTypes {
  static func kind(named name: String) -> FieldKind? { table[name] }
  static var names: [String] { Array(table.keys) }

  static func name(of kind: FieldKind) -> String { table.first { $0.value == kind }?.key ?? "" }

  private static let table: [String: FieldKind] = [
    "double": .double, "float": .float, "int64": .int64, "uint64": .uint64, "int32": .int32, "fixed64": .fixed64,
    "fixed32": .fixed32, "bool": .bool, "string": .string, "bytes": .bytes, "uint32": .uint32,
    "sfixed32": .sfixed32, "sfixed64": .sfixed64, "sint32": .sint32, "sint64": .sint64,
  ]
}
