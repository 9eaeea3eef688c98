// Turns the tokens of one file into its syntax tree.

/// A parser by recursive descent. A statement that makes no sense is reported and skipped, so that one run finds the
/// mistakes of a whole file.
struct Parser {
  /// How deep messages may nest; protoc has the same limit.
  static let maxNesting = 32

  var stream: TokenStream
  var bag: DiagnosticBag
  var nesting = 0

  /// Parses `bag.file` and reports into `bag`.
  static func parse(reportingTo bag: inout DiagnosticBag) -> FileSyntax {
    let tokens = Lexer.tokenize(reportingTo: &bag)
    var parser = Parser(stream: TokenStream(tokens), bag: bag)
    let file = parser.file()
    bag = parser.bag
    return file
  }

  private mutating func file() -> FileSyntax {
    let start = stream.start
    var file = FileSyntax(span: Span(start: start, end: start))
    do throws(SyntaxError) {
      file.syntax = try syntaxDeclaration()
      statements(until: { $0.isAtEnd }) { (parser) throws(SyntaxError) in
        if let statement = try parser.fileStatement() { file.statements.append(statement) }
      }
    } catch {
      report(error)
    }
    file.span = stream.span(from: start)
    return file
  }

  /// The version decides how all that follows is read: a file of another version is reported once, and not read on.
  private mutating func syntaxDeclaration() throws(SyntaxError) -> SyntaxDeclaration {
    let start = stream.start
    let unsupported = "is not supported yet: this compiler reads proto3"
    guard stream.isAt("syntax") || stream.isAt("edition") else {
      throw SyntaxError(
        message: "the file does not begin with `syntax = \"proto3\";`, so it is proto2, which \(unsupported)",
        span: stream.current.span)
    }
    let isEdition = stream.take().text == "edition"
    try stream.expect("=")
    let version = try stream.string("“proto3”")
    let comments = try stream.endDeclaration(";")
    if isEdition {
      throw SyntaxError(message: "edition \(version.text) \(unsupported)", span: stream.span(from: start))
    }
    guard version.text == "proto3" else {
      let message =
        version.text == "proto2" ? "proto2 \(unsupported)" : "“\(version.text)” is no version of the schema language"
      throw SyntaxError(message: message, span: version.span)
    }
    return SyntaxDeclaration(version: version.text, span: stream.span(from: start), comments: comments)
  }

  private mutating func fileStatement() throws(SyntaxError) -> FileStatement? {
    switch stream.current.text {
    case "message": return .message(try message())
    case "enum": return .enumeration(try enumeration())
    case "service": return .service(try service())
    case "option": return .option(try optionStatement())
    case "import": return .import(try importStatement())
    case "package": return .package(try package())
    case "extend": throw unsupported("an extension")
    case "syntax", "edition":
      throw SyntaxError(message: "the version of the language is declared once, first", span: stream.current.span)
    case "}" where stream.isAt("}"):
      let span = stream.current.span
      _ = stream.endScope()
      throw SyntaxError(message: "this “}” closes nothing", span: span, isBetweenStatements: true)
    default:
      throw stream.unexpected(expected: "“message”, “enum”, “service”, “import”, “option” or “package”")
    }
  }

  private mutating func package() throws(SyntaxError) -> PackageSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.dottedName("the name of the package")
    let comments = try stream.endDeclaration(";")
    return PackageSyntax(name: name, span: stream.span(from: start), comments: comments)
  }

  private mutating func importStatement() throws(SyntaxError) -> ImportSyntax {
    let start = stream.start
    stream.take()
    var modifier: (kind: ImportSyntax.Modifier, span: Span)?
    if stream.isAt("public") {
      modifier = (.public, stream.take().span)
    } else if stream.isAt("weak") {
      modifier = (.weak, stream.take().span)
    }
    let file = try stream.string("the name of a file in quotes")
    let comments = try stream.endDeclaration(";")
    return ImportSyntax(modifier: modifier, file: file, span: stream.span(from: start), comments: comments)
  }

  // MARK: Statements

  /// Reads statements one after another and reports what makes no sense among them.
  mutating func statements(
    until isDone: (inout TokenStream) -> Bool, _ statement: (inout Parser) throws(SyntaxError) -> Void
  ) {
    while !isDone(&stream) {
      if stream.emptyStatement() { continue }
      let start = stream.start
      do throws(SyntaxError) {
        try statement(&self)
      } catch {
        report(error)
        if !error.isBetweenStatements { stream.skipStatement() }
        // Whatever happened, the next attempt must not see the same token again.
        if stream.start == start, !stream.isAt("}") { stream.take() }
      }
      if stream.isAtEnd { break }
    }
  }

  /// Reads the statements between braces, the opening one already taken.
  mutating func block(of what: String, from start: Position, _ statement: (inout Parser) throws(SyntaxError) -> Void) {
    var isClosed = false
    statements(
      until: { stream in
        isClosed = stream.endScope()
        return isClosed || stream.isAtEnd
      }, statement)
    if !isClosed, !stream.endScope() {
      bag.error("\(what) has no end: “}” is missing", at: stream.span(from: start))
    }
  }

  func unsupported(_ what: String) -> SyntaxError {
    SyntaxError(message: "\(what) is not supported yet", span: stream.current.span)
  }

  mutating func report(_ error: SyntaxError) { bag.error(error.message, at: error.span) }
}
