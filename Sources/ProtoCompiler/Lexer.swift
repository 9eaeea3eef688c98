// Splits the text of a schema file into tokens and comments.

/// Reads a file from its first byte to its last. Bytes that belong to no token are reported and skipped, so every input
/// results in a list of tokens.
struct Lexer {
  /// Larger files are rejected: 16 MiB is a hundred times the largest public schema.
  static let maxFileBytes = 16 << 20

  private let bytes: [UInt8]
  private var position = Position.start
  private var tokens: [Token] = []
  private var comments: [Comment] = []
  private var firstNewComment = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Tokenizes `bag.file` and reports errors to `bag`.
  static func tokenize(reportingTo bag: inout DiagnosticBag) -> TokenList {
    let isTooLong = bag.file.bytes.count > maxFileBytes
    if isTooLong {
      bag.error("the file has \(bag.file.bytes.count) bytes; the compiler takes up to \(maxFileBytes)", at: nil)
    }
    var lexer = Lexer(isTooLong ? [] : bag.file.bytes)
    lexer.run(&bag)
    return TokenList(tokens: lexer.tokens, comments: lexer.comments, bytes: lexer.bytes)
  }

  private mutating func run(_ bag: inout DiagnosticBag) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { advance(3) }  // a byte order mark has no meaning in UTF-8
    while let byte = peek() {
      if byte == UInt8(ascii: " ") {
        position.offset += 1
        position.column += 1
      } else if byte.isBlank {
        advance()
      } else if byte == UInt8(ascii: "/"), let next = peek(1), next == byte || next == UInt8(ascii: "*") {
        comments.append(next == byte ? lineComment(&bag) : blockComment(&bag))
      } else {
        token(startingWith: byte, &bag)
      }
    }
    append(.end, from: position)
  }

  // MARK: Comments

  private mutating func lineComment(_ bag: inout DiagnosticBag) -> Comment {
    let line = position.line
    advance(2)
    let start = position.offset
    if let end = endOfPlainLine() {
      position = Position(offset: end, line: line + 1, column: 0)
    } else {
      while let byte = peek() {
        refuseNUL(byte, &bag)
        advance()
        if byte == UInt8(ascii: "\n") { break }
      }
    }
    return Comment(style: .line, content: start..<position.offset, startLine: line, endLine: line)
  }

  /// The start of the next line, if this one ends and has no invalid character: the fast path of nearly all comments.
  private func endOfPlainLine() -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var end = position.offset
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
        if bytes[end] == 0 { return nil }
        end += 1
      }
      return end < bytes.count ? end + 1 : nil
    }
  }

  private mutating func blockComment(_ bag: inout DiagnosticBag) -> Comment {
    let start = position
    advance(2)
    let content = position.offset
    var end: Int?
    while let byte = peek() {
      if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        end = position.offset
        advance(2)
        break
      }
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        bag.error("this “/*” stands in a comment that began above; comments do not nest", at: span(length: 2))
      }
      refuseNUL(byte, &bag)
      advance()
    }
    if end == nil {
      bag.error("this comment has no end: */ is missing", at: span(from: start))
    }
    return Comment(
      style: .block, content: content..<(end ?? position.offset), startLine: start.line, endLine: position.line)
  }

  // MARK: Tokens

  private mutating func token(startingWith byte: UInt8, _ bag: inout DiagnosticBag) {
    let start = position
    if byte.isIdentifierHead {
      var end = position.offset + 1
      while end < bytes.count, bytes[end].isIdentifierBody { end += 1 }
      position.column += end - position.offset  // names contain no line ends or tabs
      position.offset = end
      append(.identifier, from: start)
    } else if byte.isDigit || (byte == UInt8(ascii: ".") && (peek(1)?.isDigit ?? false)) {
      number(&bag)
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      string(quote: byte, &bag)
    } else {
      symbol(byte, &bag)
    }
  }

  private mutating func number(_ bag: inout DiagnosticBag) {
    let start = position
    if let (value, count) = NumberLiteral.plain(bytes[start.offset...]) {
      position.offset += count
      position.column += count
      return append(.integer(value), from: start)
    }
    let isHexadecimal = peek(1).map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    while let byte = peek() {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let followsExponent = isSign && bytes[position.offset - 1] | 0x20 == UInt8(ascii: "e")
      guard byte.isIdentifierBody || byte == UInt8(ascii: ".") || (followsExponent && !isHexadecimal) else { break }
      advance()
      guard position.offset - start.offset <= NumberLiteral.maxBytes else {
        bag.error("this number is longer than \(NumberLiteral.maxBytes) characters", at: span(from: start))
        while let byte = peek(), byte.isIdentifierBody { advance() }
        break
      }
    }
    switch NumberLiteral.parse(text(from: start.offset)) {
    case .integer(let value): append(.integer(value), from: start)
    case .float(let value): append(.float(value), from: start)
    case .malformed(let reason):
      bag.error(reason, at: span(from: start))
      append(.integer(0), from: start)
    }
  }

  private mutating func string(quote: UInt8, _ bag: inout DiagnosticBag) {
    let start = position
    advance()
    var isClosed = false
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      refuseNUL(byte, &bag)
      advance()
      if byte == quote {
        isClosed = true
        break
      }
      if byte == UInt8(ascii: "\\"), let escaped = peek(), escaped != UInt8(ascii: "\n") { advance() }
    }
    if !isClosed {
      bag.error("this string has no end: \(Character(UnicodeScalar(quote))) is missing", at: span(from: start))
    }
    let inside = bytes[(start.offset + 1)..<max(start.offset + 1, position.offset - (isClosed ? 1 : 0))]
    let literal = StringLiteral.decode(inside)
    if let reason = literal.error { bag.error(reason, at: span(from: start)) }
    append(.string(literal.bytes), from: start)
  }

  private mutating func symbol(_ byte: UInt8, _ bag: inout DiagnosticBag) {
    let start = position
    advance()
    if byte > 0x20, byte < 0x7F {
      return append(.symbol, String(UnicodeScalar(byte)), from: start)
    }
    while let next = peek(), next & 0xC0 == 0x80 { advance() }  // the rest of a UTF-8 character
    let found = byte < 0x7F ? "the control character \(byte)" : "“\(text(from: start.offset))”"
    bag.error("\(found) can stand only in a comment or a string", at: span(from: start))
  }

  // MARK: Bytes

  /// The one byte that is invalid everywhere, even in a comment: to other compilers it ends the file.
  private func refuseNUL(_ byte: UInt8, _ bag: inout DiagnosticBag) {
    if byte == 0 { bag.error("the control character 0 can stand nowhere in a schema", at: span(length: 1)) }
  }

  private func span(length: Int) -> Span {
    var end = position
    (end.offset, end.column) = (end.offset + length, end.column + length)
    return Span(start: position, end: end)
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    let index = position.offset + distance
    return index < bytes.count ? bytes[index] : nil
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count {
      guard let byte = peek() else { return }
      position.offset += 1
      switch byte {
      case UInt8(ascii: "\n"):
        position.line += 1
        position.column = 0
      case UInt8(ascii: "\t"): position.column += 8 - position.column % 8
      default: position.column += 1
      }
    }
  }

  private func text(from start: Int) -> String { String(decoding: bytes[start..<position.offset], as: UTF8.self) }
  private func span(from start: Position) -> Span { Span(start: start, end: position) }

  private mutating func append(_ kind: Token.Kind, from start: Position) {
    append(kind, text(from: start.offset), from: start)
  }

  private mutating func append(_ kind: Token.Kind, _ text: String, from start: Position) {
    tokens.append(Token(kind: kind, text: text, span: span(from: start), comments: firstNewComment..<comments.count))
    firstNewComment = comments.count
  }
}

extension UInt8 {
  var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isIdentifierHead: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
  }
  var isIdentifierBody: Bool { isIdentifierHead || isDigit }
}
