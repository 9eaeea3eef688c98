// The tokens of a schema, from the lexer to the parser.

/// One word, number, string or punctuation mark, and the comments before it.
struct Token: Sendable {
  enum Kind: Sendable, Hashable {
    case identifier
    case integer(UInt64)
    /// Digits beyond 64 bits, which are only valid for an option of a floating-point type.
    case float(Double)
    /// The bytes of a string literal, with escapes resolved.
    case string([UInt8])
    case symbol
    /// The end of the file; the last token of every file.
    case end
  }

  var kind: Kind
  /// As written; empty at the end of the file.
  var text: String
  var span: Span
  /// The comments between the previous token and this one, as indices of `TokenList.comments`.
  var comments: Range<Int>
}

/// A comment's position: most of a schema is comments, and they are only read where a declaration has them.
struct Comment: Sendable {
  enum Style: Sendable { case line, block }

  var style: Style
  /// The text after `//`, up to and including the end of the line; or between `/*` and `*/`. In bytes of the file.
  var content: Range<Int>
  var startLine: Int
  var endLine: Int
}

/// A tokenized file.
struct TokenList: Sendable {
  /// Never empty: ends with a token of kind `.end`.
  var tokens: [Token]
  var comments: [Comment]
  /// The file's text.
  var bytes: [UInt8]
}
