// Parses messages, oneofs and extensions.
import SwiftProtobuf

extension Parser {
  mutating func message(_ visibility: Visibility? = nil) throws(SyntaxError) -> MessageSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the message")
    var message = try messageBody(named: name, from: start)
    message.visibility = visibility
    return message
  }

  /// The braces of a message or a group, and their content.
  mutating func messageBody(named name: NameSyntax, from start: Position) throws(SyntaxError) -> MessageSyntax {
    guard nesting < Self.maxNesting else {
      throw SyntaxError(message: "messages nest deeper than \(Self.maxNesting) levels", span: name.span)
    }
    nesting += 1
    defer { nesting -= 1 }
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
    case "export" where edition >= .edition2024, "local" where edition >= .edition2024:
      return .init(try visibleDeclaration())
    case "oneof": return .oneof(try oneof())
    case "option": return .option(try optionStatement())
    case "reserved": return .reserved(try reserved(in: 1...(.max - 1)))
    case "extend": return .extend(try extend())
    case "extensions": return .extensions(try extensionRanges())
    default: return .field(try field())
    }
  }

  // MARK: Visibility

  enum VisibleDeclaration {
    case message(MessageSyntax)
    case enumeration(EnumSyntax)
  }

  /// `export message …`, `local enum …`
  mutating func visibleDeclaration() throws(SyntaxError) -> VisibleDeclaration {
    if edition < .edition2024 {
      throw SyntaxError(
        message: "\(edition.name) has no “\(stream.current.text)”: all declarations are visible",
        span: stream.current.span)
    }
    let visibility: Visibility = stream.take().text == "export" ? .visibilityExport : .visibilityLocal
    if stream.isAt("message") { return .message(try message(visibility)) }
    if stream.isAt("enum") { return .enumeration(try enumeration(visibility)) }
    throw stream.unexpected(expected: "“message” or “enum”")
  }

  // MARK: Oneofs and extensions

  private mutating func oneof() throws(SyntaxError) -> OneofSyntax {
    let start = stream.start
    stream.take()
    let name = try stream.identifier("the name of the oneof")
    let comments = try stream.endDeclaration("{")
    var oneof = OneofSyntax(name: name, span: name.span, comments: comments)
    var hasFailed = false
    var lastSpan = stream.current.span
    block(of: "oneof “\(name.text)”", from: start, allowingEmpty: false) { (parser) throws(SyntaxError) in
      do throws(SyntaxError) {
        if parser.stream.isAt("option") {
          oneof.statements.append(.option(try parser.optionStatement()))
        } else {
          oneof.statements.append(.field(try parser.field(in: .oneof)))
        }
        lastSpan = parser.stream.current.span
      } catch {
        hasFailed = true
        throw error
      }
    }
    oneof.span = stream.span(from: start)
    if oneof.statements.isEmpty, !hasFailed { bag.error("oneof “\(name.text)” has no member", at: lastSpan) }
    return oneof
  }

  mutating func extend() throws(SyntaxError) -> ExtendSyntax {
    let start = stream.start
    stream.take()
    let extendee = try stream.dottedName("the name of the message to extend", allowingLeadingDot: true)
    let comments = try stream.endDeclaration("{")
    var extend = ExtendSyntax(extendee: extendee, span: extendee.span, comments: comments)
    var hasFailed = false
    let firstSpan = stream.current.span
    block(of: "the extension of “\(extendee.text)”", from: start, allowingEmpty: false) {
      (parser) throws(SyntaxError) in
      do throws(SyntaxError) {
        extend.fields.append(try parser.field(in: .extend))
      } catch {
        hasFailed = true
        throw error
      }
    }
    extend.span = stream.span(from: start)
    if extend.fields.isEmpty, !hasFailed {
      bag.error("the extension of “\(extendee.text)” has no field", at: firstSpan)
    }
    return extend
  }
}

extension FileStatement {
  init(_ declaration: Parser.VisibleDeclaration) {
    switch declaration {
    case .message(let message): self = .message(message)
    case .enumeration(let enumeration): self = .enumeration(enumeration)
    }
  }
}

extension MessageStatement {
  init(_ declaration: Parser.VisibleDeclaration) {
    switch declaration {
    case .message(let message): self = .message(message)
    case .enumeration(let enumeration): self = .enumeration(enumeration)
    }
  }
}
