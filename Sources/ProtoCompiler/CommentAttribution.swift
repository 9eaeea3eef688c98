// Decides which comment belongs to which declaration, by protoc's rules, so that other tools show the same documents.

/// The comments of one declaration.
struct DeclarationComments: Sendable, Hashable {
  /// The comment directly above.
  var leading: String?
  /// The comment at the end of the line, or directly below before a blank line.
  var trailing: String?
  /// Comments above, each set off by a blank line.
  var detached: [String] = []
}

/// What the comments between two tokens mean to the declarations on both sides.
struct CommentAttribution {
  var trailingOfPrevious: String?
  var detached: [String] = []
  var leadingOfNext: String?

  private let file: [UInt8]
  private var buffer: (text: CommentText, style: Comment.Style)?
  private var canAttachToPrevious: Bool

  /// - Parameters:
  ///   - file: the text of the file that the comments stand in.
  ///   - previousLine: the line on which the token before the comments ends; nil at the start of the file.
  ///   - nextLine: the line of the token after them; nil at the end of the file.
  ///   - closesScope: whether that token is a closing bracket or the end, which no comment documents.
  init(
    _ comments: ArraySlice<Comment>, in file: [UInt8], previousLine: Int?, nextLine: Int?, closesScope: Bool
  ) {
    self.file = file
    canAttachToPrevious = previousLine != nil
    guard !comments.isEmpty else { return }
    var comments = comments
    var line = 0  // the first line that nothing before the next comment reaches
    if let previousLine {
      guard let after = takeComment(onLine: previousLine, &comments, nextLine) else { return }
      line = after
    }
    for (index, comment) in zip(comments.indices, comments) {
      if comment.startLine > line { separate() }
      add(comment)
      let following = index + 1 < comments.endIndex ? comments[index + 1].startLine : nextLine
      line = comment.style == .block && following == comment.endLine ? comment.endLine : comment.endLine + 1
    }
    if let nextLine, nextLine > line { separate() }
    if closesScope { flush() }
    leadingOfNext = buffer?.text.string
  }

  /// Takes the comment on the line of the token before, and says where the next line begins. Nil if nothing here can
  /// belong to any declaration, because the next token stands on the same line.
  private mutating func takeComment(
    onLine previousLine: Int, _ comments: inout ArraySlice<Comment>, _ nextLine: Int?
  ) -> Int? {
    guard let first = comments.first, first.startLine == previousLine else {
      return nextLine == previousLine ? nil : previousLine + 1
    }
    comments = comments.dropFirst()
    if first.style == .block, (comments.first?.startLine ?? nextLine) == first.endLine { return nil }
    add(first)
    flush()
    return first.endLine + 1
  }

  /// Neighbouring line comments are one comment; a block comment stands alone.
  private mutating func add(_ comment: Comment) {
    if comment.style == .block || buffer?.style != .line { flush() }
    buffer = buffer ?? (CommentText(), comment.style)
    buffer?.text.append(comment, of: file)
  }

  /// A blank line: what comes after it cannot trail the declaration before.
  private mutating func separate() {
    flush()
    canAttachToPrevious = false
  }

  private mutating func flush() {
    guard let text = buffer?.text.string else { return }
    if canAttachToPrevious {
      trailingOfPrevious = text
      canAttachToPrevious = false
    } else {
      detached.append(text)
    }
    buffer = nil
  }
}
