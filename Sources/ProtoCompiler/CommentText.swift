// The text of comments, without markers and margins.

/// One comment, or several consecutive line comments, which are one.
struct CommentText {
  private var bytes: [UInt8] = []

  var string: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ comment: Comment, of file: [UInt8]) {
    switch comment.style {
    case .line: bytes += file[comment.content]
    case .block: appendBlock(file[comment.content])
    }
  }

  /// Drops leading spaces of a line, and one asterisk after them.
  private mutating func appendBlock(_ content: ArraySlice<UInt8>) {
    var rest = content
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      bytes += rest[...newline]
      rest = rest[(newline + 1)...].drop { $0.isBlank && $0 != UInt8(ascii: "\n") }
      if rest.first == UInt8(ascii: "*") { rest.removeFirst() }
    }
    bytes += rest
  }
}
