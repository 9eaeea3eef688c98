// Decides which comment belongs to which declaration, by protoc's rules, so that other tools show the same
// documentation.

/// The comments of one declaration.
struct DeclarationComments: Sendable, Hashable {
  /// The comment directly above.
  var leading: String?
  /// The comment at the end of the line, or directly below before a blank line.
  var trailing: String?
  /// Comments above, each set off by a blank line.
  var detached: [String] = []
}

/// Assigns the comments between two tokens to the declarations on both sides.
struct CommentAttribution {
  var trailingOfPrevious: String?
  var detached: [String] = []
  var leadingOfNext: String?

  private let file: [UInt8]
  private var buffer: (text: CommentText, style: Comment.Style)?
  private var canAttachToPrevious: Bool
  /// The number of comments between the tokens.
  private var count = 0

  /// - Parameters:
  ///   - file: the text of the file with the comments.
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
    var line = 0  // the first line after the preceding comments
    var sharedLine: Int?  // the line on which the comment beside the previous token ends
    if let previousLine {
      line = previousLine + 1
      if let first = comments.first, first.startLine == previousLine {
        comments = comments.dropFirst()
        add(first)
        flush()
        sharedLine = first.endLine
        let following = comments.first?.startLine ?? nextLine
        line = first.style == .block && following == first.endLine ? first.endLine : first.endLine + 1
      }
    }
    for (index, comment) in zip(comments.indices, comments) {
      if comment.startLine > line { separate() }
      add(comment)
      let following = index + 1 < comments.endIndex ? comments[index + 1].startLine : nextLine
      line = comment.style == .block && following == comment.endLine ? comment.endLine : comment.endLine + 1
    }
    if let nextLine, nextLine > line { separate() }
    if closesScope { flush() }
    if let nextLine, nextLine == previousLine || nextLine == sharedLine { detachSingle() }
    leadingOfNext = buffer?.text.string
  }

  /// A single comment between two tokens on one line is ambiguous and belongs to neither.
  private mutating func detachSingle() {
    guard count == 1, buffer == nil, let trailing = trailingOfPrevious else { return }
    detached.insert(trailing, at: 0)
    trailingOfPrevious = nil
  }

  /// Adjacent line comments are one comment; a block comment is separate.
  private mutating func add(_ comment: Comment) {
    if comment.style == .block || buffer?.style != .line { flush() }
    buffer = buffer ?? (CommentText(), comment.style)
    buffer?.text.append(comment, of: file)
  }

  /// A blank line: what follows cannot be a trailing comment of the previous declaration.
  private mutating func separate() {
    flush()
    canAttachToPrevious = false
  }

  private mutating func flush() {
    guard let text = buffer?.text.string else { return }
    count += 1
    if canAttachToPrevious {
      trailingOfPrevious = text
      canAttachToPrevious = false
    } else {
      detached.append(text)
    }
    buffer = nil
  }
}
