// Parses options; `OptionInterpreter` interprets them.

extension Parser {
  /// `option name = value;`
  mutating func optionStatement() throws(SyntaxError) -> OptionSyntax {
    let start = stream.start
    stream.take()
    var option = try assignment(from: start)
    option.comments = try stream.endDeclaration(";")
    option.span = stream.span(from: start)
    return option
  }

  /// `[name = value, …]`, if present.
  /// - Parameter type: the type of the field that they belong to, which may have a default value and a JSON name.
  mutating func bracketedOptions(of type: TypeSyntax?) throws(SyntaxError) -> BracketedOptions? {
    guard stream.isAt("[") else { return nil }
    let start = stream.start
    stream.take()
    var options = BracketedOptions(span: Span(start: start, end: start))
    repeat {
      let entryStart = stream.start
      if type != nil, stream.isAt("json_name") {
        stream.take()
        try stream.expect("=")
        let name = try stream.string("the name in JSON, in quotes")
        options.entries.append(.jsonName(name, span: stream.span(from: entryStart)))
      } else if let type, stream.isAt("default") {
        options.entries.append(.defaultValue(try defaultValue(of: type)))
      } else {
        options.entries.append(.option(try assignment(from: entryStart)))
      }
    } while stream.takeIf(",")
    try stream.expect("]")
    options.span = stream.span(from: start)
    return options
  }

  private mutating func assignment(from start: Position) throws(SyntaxError) -> OptionSyntax {
    var name = [try namePart()]
    while stream.takeIf(".") {
      guard name.count < AggregateParser.maxNesting else {
        throw SyntaxError(
          message: "this option lies deeper than \(AggregateParser.maxNesting) messages", span: stream.current.span)
      }
      name.append(try namePart())
    }
    try stream.expect("=")
    let valueStart = stream.start
    let value = try optionValue()
    return OptionSyntax(
      name: name, value: value, valueSpan: stream.span(from: valueStart), span: stream.span(from: start))
  }

  private mutating func namePart() throws(SyntaxError) -> OptionSyntax.NamePart {
    let start = stream.start
    guard stream.takeIf("(") else {
      let name = try stream.identifier("the name of an option")
      return OptionSyntax.NamePart(text: name.text, isExtension: false, span: name.span)
    }
    let name = try stream.dottedName("the name of an extension", allowingLeadingDot: true)
    try stream.expect(")")
    return OptionSyntax.NamePart(text: name.text, isExtension: true, span: stream.span(from: start))
  }

  private mutating func optionValue() throws(SyntaxError) -> OptionSyntax.Value {
    let isNegative = stream.takeIf("-")
    let token = stream.current
    switch token.kind {
    case .identifier where !isNegative:
      stream.take()
      return .identifier(token.text)
    case .identifier where token.text == "inf" || token.text == "nan":
      stream.take()
      return .double(token.text == "inf" ? -.infinity : .nan)
    case .integer(let magnitude):
      stream.take()
      return try isNegative ? negative(magnitude, token) : .positiveInteger(magnitude)
    case .float(let value):
      stream.take()
      return .double(isNegative ? -value : value)
    case .string where !isNegative:
      return .string(try stream.stringBytes("a string"))
    case .symbol where token.text == "{" && !isNegative:
      return .aggregate(try aggregate())
    default:
      throw stream.unexpected(expected: "the value of the option")
    }
  }

  private func negative(_ magnitude: UInt64, _ token: Token) throws(SyntaxError) -> OptionSyntax.Value {
    guard magnitude <= Int64.min.magnitude else {
      throw SyntaxError(message: "-\(token.text) does not fit in 64 bits", span: token.span)
    }
    return .negativeInteger(Int64(truncatingIfNeeded: 0 &- magnitude))
  }

  /// The tokens up to and including the matching closing brace: their meaning depends on the option.
  private mutating func aggregate() throws(SyntaxError) -> ArraySlice<Token> {
    let opening = stream.take()
    let first = stream.index
    var depth = 1
    while !stream.isAtEnd {
      if stream.isAt("{") { depth += 1 }
      if stream.isAt("}") { depth -= 1 }
      stream.take()
      if depth == 0 { return stream.tokens[first..<stream.index] }
    }
    throw SyntaxError(message: "this value has no end: “}” is missing", span: opening.span)
  }
}
