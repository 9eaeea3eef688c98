// The words of a schema: what the lexer hands to the parser.

/// One word, number, string or sign, and the comments that stand before it.
struct Token: Sendable {
  enum Kind: Sendable, Hashable {
    case identifier
    case integer(UInt64)
    /// Digits beyond 64 bits, which only an option of a floating-point type may hold.
    case float(Double)
    /// The bytes that a string literal stands for, escapes undone.
    case string([UInt8])
    case symbol
    /// The end of the file; the last token of every file.
    case end
  }

  var kind: Kind
  /// As written; empty at the end of the file.
  var text: String
  var span: Span
  /// The comments between the token before and this one, as indices of `TokenList.comments`.
  var comments: Range<Int>
}

/// A comment, where it stands: most of a schema is comments, and they are read only where a declaration has them.
struct Comment: Sendable {
  enum Style: Sendable { case line, block }

  var style: Style
  /// What follows `//`, up to and with the end of the line; or what stands between `/*` and `*/`. In bytes of the file.
  var content: Range<Int>
  var startLine: Int
  var endLine: Int
}

/// A file cut into tokens.
struct TokenList: Sendable {
  /// Never empty: ends with a token of kind `.end`.
  var tokens: [Token]
  var comments: [Comment]
  /// The file's text.
  var bytes: [UInt8]
}
