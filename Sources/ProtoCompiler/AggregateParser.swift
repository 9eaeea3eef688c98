// Parses the value of an option in braces: a message in the text format of protocol buffers.
import SwiftProtobuf

/// Consumes the tokens of one value and encodes the fields that they set.
struct AggregateParser {
  /// How deep messages may nest in a value: the parser is recursive.
  static let maxNesting = 100

  private var tokens: ArraySlice<Token>
  private let lookUp: OptionLookUp
  private var nesting = 0
  private var uses: [OptionUse] = []
  private var usedFiles: Set<String> = []
  private var usesSourceRetention = false

  /// A value, and the files it uses.
  struct Parsed {
    var bytes: WireBytes
    var uses: [OptionUse]
    /// The files whose extensions and types it refers to.
    var usedFiles: Set<String>
    var usesSourceRetention: Bool
  }

  /// Parses `tokens`, whose last one is the closing brace, as a message of type `type`.
  static func parse(
    _ tokens: ArraySlice<Token>, as type: MessageSchema, _ lookUp: OptionLookUp
  ) throws(OptionError) -> Parsed {
    var parser = AggregateParser(tokens: tokens, lookUp: lookUp)
    let bytes = try parser.message(type, until: "}")
    return Parsed(
      bytes: bytes, uses: parser.uses, usedFiles: parser.usedFiles, usesSourceRetention: parser.usesSourceRetention)
  }

  private init(tokens: ArraySlice<Token>, lookUp: OptionLookUp) { (self.tokens, self.lookUp) = (tokens, lookUp) }

  // MARK: Messages

  private mutating func message(_ type: MessageSchema, until end: String) throws(OptionError) -> WireBytes {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.maxNesting else { throw error("this value nests deeper than \(Self.maxNesting) messages") }
    var value = AggregateValue(type: type)
    while !takeIf(end) {
      let place = span
      if takeIf("[") {
        try bracketedField(of: type, &value, place)
      } else {
        let name = try identifier("the name of a field of “\(type.fullName)”")
        let field = try field(named: name, of: type, place)
        try values(of: field, &value, place)
      }
      if !takeIf(",") { _ = takeIf(";") }
    }
    if let missing = value.missingRequiredField {
      throw error("the required field “\(missing)” of “\(type.fullName)” is not set")
    }
    return value.encoded
  }

  private func field(named name: String, of type: MessageSchema, _ place: Span) throws(OptionError) -> FieldSchema {
    if let field = type.field(named: name), !field.isGroupLike { return field }
    // A group is named after its message; its field has the same name in lower case.
    if let field = type.field(named: name.lowercased()), field.isDelimited,
      DescriptorWalk.split(field.typeName).last == name
    {
      return field
    }
    if let field = type.field(named: name), field.kind == .message { return field }
    let hint = NameSuggestion.hint(for: name, among: type.fieldNames)
    throw OptionError(message: "“\(type.fullName)” has no field “\(name)”\(hint)", span: place)
  }

  /// `[extension]: value`, or `[host/type] { … }` in a message of type Any.
  private mutating func bracketedField(
    of type: MessageSchema, _ value: inout AggregateValue, _ place: Span
  ) throws(OptionError) {
    var name = ""
    var isURL = false
    while !isAt("]") {
      guard let token = tokens.first, tokens.count > 1, token.kind == .identifier || "./-".contains(token.text) else {
        throw error("expected the name of an extension, and “]”")
      }
      isURL = isURL || token.text == "/"
      name += token.text
      tokens.removeFirst()
    }
    tokens.removeFirst()
    if isURL { return try expandedAny(name, in: type, &value, place) }
    guard let field = lookUp.textExtension(name, of: type) else {
      throw OptionError(message: "“\(type.fullName)” has no extension “\(name)” that is known here", span: place)
    }
    usedFiles.insert(field.file)
    try values(of: field, &value, place)
  }

  private mutating func expandedAny(
    _ url: String, in type: MessageSchema, _ value: inout AggregateValue, _ place: Span
  ) throws(OptionError) {
    let parts = url.split(separator: "/", omittingEmptySubsequences: false)
    guard type.fullName == "google.protobuf.Any", let typeURL = type.field(named: "type_url"),
      let content = type.field(named: "value")
    else {
      throw OptionError(
        message: "“\(type.fullName)” is not google.protobuf.Any, which has values of any type", span: place)
    }
    guard parts.count == 2, ["type.googleapis.com", "type.googleprod.com"].contains(parts[0]),
      let inner = lookUp.message(String(parts[1]))
    else {
      throw OptionError(message: "“\(url)” names no message that is known here", span: place)
    }
    if let symbol = lookUp.catalog.symbols[inner.fullName] { usedFiles.insert(symbol.file) }
    _ = takeIf(":")
    let bytes = try message(inner, until: try opening())
    try value.set(typeURL, .bytes(Array(url.utf8)), at: place)
    try value.set(content, .bytes(bytes.bytes), at: place)
  }

  // MARK: Values

  private mutating func values(
    of field: FieldSchema, _ value: inout AggregateValue, _ place: Span
  ) throws(OptionError) {
    if let use = OptionUse(field, at: place) { uses.append(use) }
    usesSourceRetention = usesSourceRetention || field.isSourceRetained
    if !takeIf(":"), !field.isMessage { throw error("expected “:” and the value of “\(field.name)”") }
    guard field.isRepeated, takeIf("[") else { return try value.set(field, single(field), at: place) }
    if takeIf("]") { return }
    repeat { try value.set(field, single(field), at: place) } while takeIf(",")
    guard takeIf("]") else { throw error("expected “,” or “]” in this list") }
  }

  private mutating func single(_ field: FieldSchema) throws(OptionError) -> AggregateValue.Value {
    switch field.kind {
    case .message, .group:
      guard let type = lookUp.message(field.typeName) else { throw error("“\(field.typeName)” is not known") }
      return .message(try message(type, until: try opening()))
    case .string, .bytes:
      guard case .string? = tokens.first?.kind else { throw error("“\(field.name)” takes a string") }
      var bytes: [UInt8] = []
      while case .string(let more)? = tokens.first?.kind {
        bytes += more
        tokens.removeFirst()
      }
      return .bytes(bytes)
    default:
      let place = span
      let literal = try literal(for: field)
      if let use = lookUp.use(of: literal, for: field, at: place) { uses.append(use) }
      switch OptionValue.scalar(literal, field, lookUp.catalog, isText: true) {
      case .success(let scalar): return .scalar(scalar)
      case .failure(let expectation):
        throw OptionError(message: "“\(field.name)” takes \(expectation.text)", span: place)
      }
    }
  }

  private mutating func literal(for field: FieldSchema) throws(OptionError) -> Literal {
    let isNegative = takeIf("-")
    guard let token = tokens.first, tokens.count > 1 else { throw error("expected the value of “\(field.name)”") }
    let literal: Literal
    switch token.kind {
    case .identifier where !isNegative: literal = .identifier(token.text)
    case .identifier where ["inf", "infinity", "nan"].contains(token.text.lowercased()):
      literal = .floatingPoint(token.text.lowercased() == "nan" ? .nan : -.infinity)
    case .integer(let magnitude): literal = .integer(magnitude: magnitude, isNegative: isNegative)
    case .float(let number): literal = .floatingPoint(isNegative ? -number : number)
    default: throw error("expected the value of “\(field.name)”")
    }
    tokens.removeFirst()
    return literal
  }

  /// Takes the token that opens a message, and returns the one that closes it.
  private mutating func opening() throws(OptionError) -> String {
    if takeIf("{") { return "}" }
    if takeIf("<") { return ">" }
    throw error("expected “{” and the fields of a message")
  }

  // MARK: Tokens

  private var span: Span { tokens.first?.span ?? Span(start: .start, end: .start) }

  private func isAt(_ sign: String) -> Bool {
    guard let token = tokens.first, token.kind == .symbol else { return false }
    return token.text == sign
  }

  private mutating func takeIf(_ sign: String) -> Bool {
    skipComment()
    guard isAt(sign) else { return false }
    tokens.removeFirst()
    return true
  }

  private mutating func identifier(_ what: String) throws(OptionError) -> String {
    guard let token = tokens.first, token.kind == .identifier else { throw error("expected \(what)") }
    tokens.removeFirst()
    return token.text
  }

  /// In the text format a comment begins with `#` and extends to the end of the line. (Up to version 35 protoc passed
  /// such values to its parser without their line breaks, so that everything after a comment was lost.)
  private mutating func skipComment() {
    while isAt("#"), let line = tokens.first?.span.start.line {
      while tokens.count > 1, tokens.first?.span.start.line == line { tokens.removeFirst() }
      if tokens.count <= 1 { return }
    }
  }

  private func error(_ message: String) -> OptionError { OptionError(message: message, span: span) }
}

extension FieldSchema {
  /// Whether the field was declared by a group, or could have been.
  fileprivate var isGroupLike: Bool {
    isDelimited && DescriptorWalk.split(typeName).last.lowercased() == name && kind == .group
  }
}
