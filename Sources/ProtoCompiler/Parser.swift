// Turns the tokens of one file into its syntax tree.

/// A recursive-descent parser. An invalid statement is reported and skipped, so that one run finds the errors of a
/// whole file.
struct Parser {
  /// How deep messages may nest; protoc has the same limit.
  static let maxNesting = 32

  var stream: TokenStream
  var bag: DiagnosticBag
  var nesting = 0
  var edition = Edition.proto2

  /// Parses `bag.file` and reports errors to `bag`.
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
      file.edition = edition
      statements(until: { $0.isAtEnd }) { (parser) throws(SyntaxError) in
        if let statement = try parser.fileStatement() { file.statements.append(statement) }
      }
    } catch {
      report(error)
    }
    // For protoc, a file without tokens ends where it begins, whatever comments it has.
    file.span = stream.index == 0 ? Span(start: start, end: .start) : stream.span(from: start)
    return file
  }

  /// The version determines how the rest is parsed: a file of an unknown one is reported once, and not parsed further.
  private mutating func syntaxDeclaration() throws(SyntaxError) -> SyntaxDeclaration? {
    let start = stream.start
    guard stream.isAt("syntax") || stream.isAt("edition") else { return nil }
    let isEdition = stream.take().text == "edition"
    try stream.expect("=")
    let version = try stream.string(isEdition ? "the year of an edition in quotes" : "“proto2” or “proto3”")
    let comments = try stream.endDeclaration(";")
    if isEdition, let known = Edition(year: version.text) {
      edition = known
    } else if !isEdition, version.text == "proto2" || version.text == "proto3" {
      edition = version.text == "proto2" ? .proto2 : .proto3
    } else {
      let known = isEdition ? "editions 2023 and 2024" : "“proto2”, “proto3”, and editions"
      throw SyntaxError(
        message: "“\(version.text)” is no version of the schema language; there are \(known)", span: version.span)
    }
    return SyntaxDeclaration(span: stream.span(from: start), comments: comments)
  }

  private mutating func fileStatement() throws(SyntaxError) -> FileStatement? {
    switch stream.current.text {
    case "message": return .message(try message())
    case "enum": return .enumeration(try enumeration())
    case "export", "local": return .init(try visibleDeclaration())
    case "service": return .service(try service())
    case "option": return .option(try optionStatement())
    case "import": return .import(try importStatement())
    case "package": return .package(try package())
    case "extend": return .extend(try extend())
    case "syntax", "edition":
      throw SyntaxError(message: "the version of the language is declared once, first", span: stream.current.span)
    case "}" where stream.isAt("}"):
      let span = stream.current.span
      _ = stream.endScope()
      throw SyntaxError(message: "this “}” closes nothing", span: span, isBetweenStatements: true)
    default:
      throw stream.unexpected(
        expected: "“message”, “enum”, “service”, “extend”, “import”, “option” or “package”")
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
      if edition >= .edition2024 { refuse("weak imports", instead: "`import option`, or no modifier") }
      modifier = (.weak, stream.take().span)
    } else if stream.isAt("option") {
      if edition < .edition2024 { refuse("imports of options only", instead: "a plain import") }
      modifier = (.option, stream.take().span)
    }
    let file = try stream.string("the name of a file in quotes")
    let comments = try stream.endDeclaration(";")
    return ImportSyntax(modifier: modifier, file: file, span: stream.span(from: start), comments: comments)
  }

  /// Reports a word of another version of the language, and continues.
  mutating func refuse(_ what: String, instead: String) {
    bag.error("\(edition.name) has no \(what); write \(instead)", at: stream.current.span)
  }

  // MARK: Statements

  /// Parses statements one after another and reports invalid ones.
  mutating func statements(
    allowingEmpty: Bool = true, until isDone: (inout TokenStream) -> Bool,
    _ statement: (inout Parser) throws(SyntaxError) -> Void
  ) {
    while !isDone(&stream) {
      let place = stream.current.span
      if stream.emptyStatement() {
        if !allowingEmpty {
          bag.error("a “;” alone is nothing here: in a oneof or an extension only fields stand", at: place)
        }
        continue
      }
      let start = stream.start
      do throws(SyntaxError) {
        try statement(&self)
      } catch {
        report(error)
        if !error.isBetweenStatements { stream.skipStatement() }
        // In any case, the next attempt must not see the same token again.
        if stream.start == start, !stream.isAt("}") { stream.take() }
      }
      if stream.isAtEnd { break }
    }
  }

  /// Parses the statements between braces, the opening one already taken.
  mutating func block(
    of what: String, from start: Position, allowingEmpty: Bool = true,
    _ statement: (inout Parser) throws(SyntaxError) -> Void
  ) {
    var isClosed = false
    statements(
      allowingEmpty: allowingEmpty,
      until: { stream in
        isClosed = stream.endScope()
        return isClosed || stream.isAtEnd
      }, statement)
    if !isClosed, !stream.endScope() {
      bag.error("\(what), begun in line \(start.line + 1), has no end: “}” is missing", at: stream.current.span)
    }
  }

  mutating func report(_ error: SyntaxError) { bag.error(error.message, at: error.span) }
}
