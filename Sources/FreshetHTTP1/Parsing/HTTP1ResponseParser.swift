// Finds the heads and bodies of responses in the bytes of a connection.

/// What is wrong with a response. Its connection closes, since nothing after it can be trusted.
package struct HTTP1ResponseError: Error, Equatable, CustomStringConvertible {
  package var description: String
}

/// Parses responses incrementally, and strictly: what is ambiguous ends the connection. Pure.
package struct HTTP1ResponseParser {
  package enum Event: Equatable {
    case head(HTTP1ResponseHead)
    /// A part of the body.
    case body(UnsafeRawBufferPointer)
    /// The response is complete.
    case end

    package static func == (one: Event, other: Event) -> Bool {
      switch (one, other) {
      case (.head(let one), .head(let other)): one == other
      case (.body(let one), .body(let other)): one.elementsEqual(other)
      case (.end, .end): true
      default: false
      }
    }
  }

  package enum Failure: Error, Equatable {
    case malformed(HTTP1ResponseError)
    /// The head, or the lines between chunks, exceed the limit.
    case tooLong
  }

  /// Whether the request asks for another protocol, to which 101 switches the connection.
  var mayUpgrade = false
  private let maxFields: Int
  private var lines: HTTP1LineReader
  /// nil between responses.
  private var body: HTTP1BodyReader?

  package init(maxHeaderBytes: Int, maxFields: Int) {
    self.maxFields = maxFields
    lines = HTTP1LineReader(
      HTTP1LineReader.Limits(startLineBytes: maxHeaderBytes, headerBytes: maxHeaderBytes, skipsEmptyLines: false))
  }

  /// Whether the body ends with the connection.
  var endsWithConnection: Bool { body?.endsWithConnection == true }

  /// The next event in the input, of which it removes what belongs to it.
  /// - Parameter isHead: whether the request was HEAD.
  /// - Returns: nil when more is needed.
  package mutating func next(_ input: inout UnsafeRawBufferPointer, isHead: Bool = false) throws(Failure) -> Event? {
    do throws(HTTP1SyntaxError) {
      if body == nil { return try readHead(&input, isHead: isHead) }
      switch try body?.next(&input, &lines) {
      case nil: return nil
      case .part(let part): return .body(part)
      case .end:
        body = nil
        return .end
      }
    } catch {
      throw Self.failure(error)
    }
  }

  private mutating func readHead(
    _ input: inout UnsafeRawBufferPointer, isHead: Bool
  ) throws(HTTP1SyntaxError) -> Event? {
    if !lines.isInside { lines.beginMessage() }
    let maxFields = maxFields
    let head = try lines.readHead(&input) { (head) throws(HTTP1SyntaxError) in
      try HTTP1ResponseHead(head, isHead: isHead, maxFields: maxFields)
    }
    guard let head else { return nil }
    if head.status == 101 {
      if !mayUpgrade { throw HTTP1SyntaxError("switches to another protocol, which was not asked for") }
      body = HTTP1BodyReader(.untilClose)
    } else if !head.isInterim {
      body = HTTP1BodyReader(head.framing)
    }
    return .head(head)
  }

  private static func failure(_ error: HTTP1SyntaxError) -> Failure {
    switch error.kind {
    case .startLineTooLong, .fieldsTooLong: .tooLong
    default: .malformed(HTTP1ResponseError(description: "the response \(error.reason)"))
    }
  }
}
