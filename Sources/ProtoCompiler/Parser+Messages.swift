// The parser's part for messages, their fields and oneofs.
import SwiftProtobuf

extension Parser {
  mutating func message() throws(SyntaxError) -> MessageSyntax {
    let start = stream.start
    guard nesting < Self.maxNesting else {
      throw SyntaxError(message: "messages nest deeper than \(Self.maxNesting) levels", span: stream.current.span)
    }
    nesting += 1
    defer { nesting -= 1 }
    stream.take()
    let name = try stream.identifier("the name of the message")
    let comments = try stream.endDeclaration("{")
    var message = MessageSyntax(name: name, span: name.span, comments: comments)
    block(of: "message “\(name.text)”", from: start) { (parser) throws(SyntaxError) in
      message.statements.append(try parser.messageStatement())
    }
    message.span = stream.span(from: start)
    return message
  }

  private mutating func messageStatement() throws(SyntaxError) -> MessageStatement {
    switch stream.current.text {
    case "message": return .message(try message())
    case "enum": return .enumeration(try enumeration())
    case "oneof": return .oneof(try oneof())
    case "option": return .option(try optionStatement())
    case "reserved": return .reserved(try reserved(in: 1...FieldNumber.max))
    case "extend": throw unsupported("an extension")
    case "extensions":
      throw SyntaxError(message: "proto3 has no extension ranges", span: stream.current.span)
    default: return .field(try field())
    }
  }

  // MARK: Fields

  mutating func field(inOneof: Bool = false) throws(SyntaxError) -> FieldSyntax {
    let start = stream.start
    let label = try label(inOneof: inOneof)
    let type = try fieldType()
    if case .map = type.kind, inOneof || label != nil {
      let reason = inOneof ? "a map cannot be a member of a oneof" : "a map has no label: it is repeated by its nature"
      throw SyntaxError(message: reason, span: type.span)
    }
    let name = try stream.identifier("the name of the field")
    if stream.isAt(";") {
      throw SyntaxError(message: "field “\(name.text)” has no number: “= 1” or the like is missing", span: name.span)
    }
    try stream.expect("=")
    let (number, numberSpan) = try stream.integer("the number of a field", in: 1...FieldNumber.max)
    let options = try bracketedOptions(takesJSONName: true)
    let comments = try stream.endDeclaration(";")
    return FieldSyntax(
      label: label, type: type, name: name, number: number, numberSpan: numberSpan, options: options,
      span: stream.span(from: start), comments: comments)
  }

  private mutating func label(inOneof: Bool) throws(SyntaxError) -> (FieldSyntax.Label, Span)? {
    let word = stream.current
    guard ["optional", "repeated", "required"].contains(word.text), word.kind == .identifier else { return nil }
    if inOneof { throw SyntaxError(message: "a member of a oneof has no label", span: word.span) }
    stream.take()
    if word.text == "required" {
      throw SyntaxError(message: "proto3 has no required fields", span: word.span)
    }
    return (word.text == "optional" ? .optional : .repeated, word.span)
  }

  private mutating func fieldType() throws(SyntaxError) -> TypeSyntax {
    let start = stream.start
    guard stream.isAt("map"), stream.isNext("<") else { return try plainType() }
    stream.take()
    try stream.expect("<")
    let key = try plainType()
    try stream.expect(",")
    if stream.isAt("map"), stream.isNext("<") {
      throw SyntaxError(message: "the values of a map cannot be maps", span: stream.current.span)
    }
    let value = try plainType()
    try stream.expect(">")
    return TypeSyntax(kind: .map(key: key, value: value), span: stream.span(from: start))
  }

  private mutating func plainType() throws(SyntaxError) -> TypeSyntax {
    let word = stream.current
    if word.text == "group", word.kind == .identifier, !stream.isNext(".") {
      throw SyntaxError(message: "proto3 has no groups", span: word.span)
    }
    if word.kind == .identifier, let scalar = ScalarTypes.kind(named: word.text) {
      stream.take()
      return TypeSyntax(kind: .scalar(scalar), span: word.span)
    }
    let name = try stream.dottedName("a type", allowingLeadingDot: true)
    return TypeSyntax(kind: .named(name.text), span: name.span)
  }

  private mutating func oneof() throws(SyntaxError) -> OneofSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the oneof")
    let comments = try stream.endDeclaration("{")
    var oneof = OneofSyntax(name: name, span: name.span, comments: comments)
    block(of: "oneof “\(name.text)”", from: start) { (parser) throws(SyntaxError) in
      if parser.stream.isAt("option") {
        oneof.statements.append(.option(try parser.optionStatement()))
      } else {
        oneof.statements.append(.field(try parser.field(inOneof: true)))
      }
    }
    oneof.span = stream.span(from: start)
    return oneof
  }

  // MARK: Reserved names and numbers

  mutating func reserved(in range: ClosedRange<Int32>) throws(SyntaxError) -> ReservedSyntax {
    let start = stream.start
    stream.take()
    let kind: ReservedSyntax.Kind
    if case .string = stream.current.kind {
      kind = .names(try commaSeparated { (parser) throws(SyntaxError) in try parser.stream.string("a name in quotes") })
    } else if stream.current.kind == .identifier {
      throw SyntaxError(message: "a reserved name stands in quotes", span: stream.current.span)
    } else {
      kind = .ranges(
        try commaSeparated { (parser) throws(SyntaxError) in try parser.reservedRange(in: range) })
    }
    let comments = try stream.endDeclaration(";")
    return ReservedSyntax(kind: kind, span: stream.span(from: start), comments: comments)
  }

  private mutating func reservedRange(in range: ClosedRange<Int32>) throws(SyntaxError) -> ReservedSyntax.Range {
    let start = stream.start
    let (first, startSpan) = try stream.integer("a reserved number", in: range)
    var (last, endSpan) = (first, startSpan)
    if stream.takeIf("to") {
      if stream.isAt("max") {
        (last, endSpan) = (range.upperBound, stream.take().span)
      } else {
        (last, endSpan) = try stream.integer("the last reserved number", in: range)
      }
    }
    guard first <= last else {
      throw SyntaxError(message: "this range ends before it begins", span: stream.span(from: start))
    }
    return ReservedSyntax.Range(
      bounds: first...last, startSpan: startSpan, endSpan: endSpan, span: stream.span(from: start))
  }

  private mutating func commaSeparated<Item>(
    _ item: (inout Parser) throws(SyntaxError) -> Item
  ) throws(SyntaxError) -> [Item] {
    var items = [try item(&self)]
    while stream.takeIf(",") { items.append(try item(&self)) }
    return items
  }
}

/// The numbers that fields may have.
enum FieldNumber {
  static let max: Int32 = (1 << 29) - 1
  /// Kept for the implementations of protocol buffers.
  static let reservedForImplementations: ClosedRange<Int32> = 19000...19999
}

/// The types that the language itself names.
enum ScalarTypes {
  static func kind(named name: String) -> FieldKind? { table[name] }
  static var names: [String] { Array(table.keys) }

  private static let table: [String: FieldKind] = [
    "double": .double, "float": .float, "int64": .int64, "uint64": .uint64, "int32": .int32, "fixed64": .fixed64,
    "fixed32": .fixed32, "bool": .bool, "string": .string, "bytes": .bytes, "uint32": .uint32,
    "sfixed32": .sfixed32, "sfixed64": .sfixed64, "sint32": .sint32, "sint64": .sint64,
  ]
}
