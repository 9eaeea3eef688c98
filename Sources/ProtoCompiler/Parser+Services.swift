// Parses enums and services.

extension Parser {
  mutating func enumeration(_ visibility: Visibility? = nil) throws(SyntaxError) -> EnumSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the enum")
    let comments = try stream.endDeclaration("{")
    var enumeration = EnumSyntax(visibility: visibility, name: name, span: name.span, comments: comments)
    block(of: "enum “\(name.text)”", from: start) { (parser) throws(SyntaxError) in
      enumeration.statements.append(try parser.enumStatement())
    }
    enumeration.span = stream.span(from: start)
    return enumeration
  }

  private mutating func enumStatement() throws(SyntaxError) -> EnumSyntax.Statement {
    switch stream.current.text {
    case "option": return .option(try optionStatement())
    case "reserved": return .reserved(try reserved(in: Int32.min...Int32.max))
    default: return .value(try enumValue())
    }
  }

  private mutating func enumValue() throws(SyntaxError) -> EnumValueSyntax {
    let start = stream.start
    let name = try stream.identifier("the name of a value")
    if stream.isAt(";") {
      throw SyntaxError(message: "value “\(name.text)” has no number: “= 0” or the like is missing", span: name.span)
    }
    try stream.expect("=")
    let (number, numberSpan) = try stream.integer("the number of a value", in: Int32.min...Int32.max)
    let options = try bracketedOptions(of: nil)
    let comments = try stream.endDeclaration(";")
    return EnumValueSyntax(
      name: name, number: number, numberSpan: numberSpan, options: options, span: stream.span(from: start),
      comments: comments)
  }

  mutating func service() throws(SyntaxError) -> ServiceSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the service")
    let comments = try stream.endDeclaration("{")
    var service = ServiceSyntax(name: name, span: name.span, comments: comments)
    block(of: "service “\(name.text)”", from: start) { (parser) throws(SyntaxError) in
      switch parser.stream.current.text {
      case "rpc": service.statements.append(.method(try parser.method()))
      case "option": service.statements.append(.option(try parser.optionStatement()))
      default: throw parser.stream.unexpected(expected: "“rpc” or “option”")
      }
    }
    service.span = stream.span(from: start)
    return service
  }

  private mutating func method() throws(SyntaxError) -> MethodSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the method")
    let input = try methodType()
    try stream.expect("returns")
    let output = try methodType()
    var method = MethodSyntax(
      name: name, input: input, output: output, span: name.span, comments: DeclarationComments())
    if stream.isAt("{") {
      method.comments = try stream.endDeclaration("{")
      method.options = try methodOptions(of: name, from: start)
    } else {
      method.comments = try stream.endDeclaration(";")
    }
    method.span = stream.span(from: start)
    return method
  }

  private mutating func methodOptions(of name: NameSyntax, from start: Position) throws(SyntaxError) -> [OptionSyntax] {
    var options: [OptionSyntax] = []
    block(of: "method “\(name.text)”", from: start) { (parser) throws(SyntaxError) in
      guard parser.stream.isAt("option") else { throw parser.stream.unexpected(expected: "“option” or “}”") }
      options.append(try parser.optionStatement())
    }
    return options
  }

  private mutating func methodType() throws(SyntaxError) -> MethodSyntax.MessageType {
    try stream.expect("(")
    let word = stream.isAt("stream") ? stream.take().span : nil
    let name = try stream.dottedName("the name of a message", allowingLeadingDot: true)
    try stream.expect(")")
    return MethodSyntax.MessageType(stream: word, name: name)
  }
}
