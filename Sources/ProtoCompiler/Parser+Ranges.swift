// Parses reserved names and ranges of numbers.

extension Parser {
  mutating func reserved(in range: ClosedRange<Int32>) throws(SyntaxError) -> ReservedSyntax {
    let start = stream.start
    stream.take()
    let kind: ReservedSyntax.Kind
    if case .string = stream.current.kind {
      if edition.isEditions {
        throw SyntaxError(message: "in editions a reserved name stands without quotes", span: stream.current.span)
      }
      kind = .names(try commaSeparated { (parser) throws(SyntaxError) in try parser.stream.string("a name in quotes") })
    } else if stream.current.kind == .identifier {
      guard edition.isEditions else {
        throw SyntaxError(message: "a reserved name stands in quotes", span: stream.current.span)
      }
      kind = .names(
        try commaSeparated { (parser) throws(SyntaxError) in try parser.stream.identifier("a reserved name") })
    } else {
      kind = .ranges(try ranges("a reserved number", in: range))
    }
    let comments = try stream.endDeclaration(";")
    return ReservedSyntax(kind: kind, span: stream.span(from: start), comments: comments)
  }

  mutating func extensionRanges() throws(SyntaxError) -> ExtensionRangesSyntax {
    let start = stream.start
    if edition == .proto3 {
      throw SyntaxError(message: "proto3 has no extension ranges", span: stream.current.span)
    }
    stream.take()
    let ranges = try ranges("the number of an extension", in: 1...(.max - 1))
    let options = try bracketedOptions(of: nil)
    let comments = try stream.endDeclaration(";")
    return ExtensionRangesSyntax(
      ranges: ranges, options: options, span: stream.span(from: start), comments: comments)
  }

  private mutating func ranges(
    _ what: String, in range: ClosedRange<Int32>
  ) throws(SyntaxError) -> [ReservedSyntax.Range] {
    try commaSeparated { (parser) throws(SyntaxError) in try parser.range(what, in: range) }
  }

  private mutating func range(
    _ what: String, in range: ClosedRange<Int32>
  ) throws(SyntaxError) -> ReservedSyntax.Range {
    let start = stream.start
    let sign = stream.current.span
    let (first, startSpan) = try stream.integer(what, in: range)
    // For protoc, a range of one number ends at its first token: for a negative one, at the sign.
    var (last, endSpan) = (first, sign)
    var isToMax = false
    if stream.takeIf("to") {
      if stream.isAt("max") {
        (last, endSpan) = (range.upperBound, stream.take().span)
        isToMax = true
      } else {
        (last, endSpan) = try stream.integer("the last number of the range", in: range)
      }
    }
    guard first <= last else {
      throw SyntaxError(message: "this range ends before it begins", span: stream.span(from: start))
    }
    return ReservedSyntax.Range(
      bounds: first...last, isToMax: isToMax, startSpan: startSpan, endSpan: endSpan, span: stream.span(from: start))
  }

  private mutating func commaSeparated<Item>(
    _ item: (inout Parser) throws(SyntaxError) -> Item
  ) throws(SyntaxError) -> [Item] {
    var items = [try item(&self)]
    while stream.takeIf(",") { items.append(try item(&self)) }
    return items
  }
}
