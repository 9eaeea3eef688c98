// Finds the heads and bodies of requests in the bytes of a connection.
import FreshetText

/// Parses requests incrementally, and strictly: what is ambiguous ends the connection (web.md W101, W102). Pure.
package struct HTTP1RequestParser {
  package enum Event {
    case head(HTTP1RequestHead)
    /// A part of the body.
    case body(UnsafeRawBufferPointer)
    /// The request is complete.
    case end
  }

  private let isTLS: Bool
  private let settings: HTTP1Settings
  private var lines: HTTP1LineReader
  /// nil between requests.
  private var body: HTTP1BodyReader?
  private var last = LastHead()

  package init(isTLS: Bool, settings: HTTP1Settings) {
    self.isTLS = isTLS
    self.settings = settings
    lines = HTTP1LineReader(
      HTTP1LineReader.Limits(
        startLineBytes: settings.maxTargetBytes + Self.lineBytesBesidesTarget, headerBytes: settings.maxHeaderBytes,
        skipsEmptyLines: true))
  }

  /// A method of up to 32 bytes, two spaces and the version.
  private static let lineBytesBesidesTarget = 42

  /// Whether a head has begun.
  var isInsideHead: Bool { body == nil && lines.isInside }

  /// Everything that follows is another protocol's, and comes as a body.
  /// - Precondition: a request is complete.
  mutating func switchProtocol() {
    body = HTTP1BodyReader(.untilClose)
    last = LastHead()
  }

  /// The next event in the input, of which it removes what belongs to it.
  /// - Returns: nil when more is needed.
  package mutating func next(_ input: inout UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Event? {
    do throws(HTTP1SyntaxError) {
      if body == nil { return try readHead(&input) }
      switch try body?.next(&input, &lines) {
      case nil: return nil
      case .part(let part): return .body(part)
      case .end:
        body = nil
        return .end
      }
    } catch {
      throw HTTP1Refusal(error)
    }
  }

  private mutating func readHead(_ input: inout UnsafeRawBufferPointer) throws(HTTP1SyntaxError) -> Event? {
    guard let first = input.first else { return nil }
    if !lines.isInside {
      lines.beginMessage()
      if let head = last.repeated(&input) { return begin(head) }
      // What is not HTTP may never have a line end.
      guard isTokenByte(first) || first == 0x0D || first == 0x0A else {
        throw HTTP1SyntaxError("does not begin with a method: “\(printable(input.prefix(40)))”")
      }
    }
    let (isTLS, settings) = (isTLS, settings)
    var bytes: [UInt8]?
    let head = try lines.readHead(&input) { (head) throws(HTTP1SyntaxError) in
      let read = try HTTP1RequestHead(head, isTLS: isTLS, settings: settings)
      if head.count <= LastHead.maxBytes { bytes = Array(head) }
      return read
    }
    guard let head else { return nil }
    if let bytes { last.keep(bytes, head) }
    return begin(head)
  }

  private mutating func begin(_ head: HTTP1RequestHead) -> Event {
    body = HTTP1BodyReader(head.contentLength.map { .length(left: $0) } ?? .chunked)
    return .head(head)
  }
}

/// The previous head: many clients send the same bytes again, as HPACK's tables would say in fewer.
private struct LastHead {
  /// Longer ones are not kept.
  static let maxBytes = 2048

  private var bytes: [UInt8] = []
  private var head: HTTP1RequestHead?

  mutating func keep(_ bytes: [UInt8], _ head: HTTP1RequestHead) {
    self.bytes = bytes
    self.head = head
  }

  /// The head, if the input begins with the same bytes, which are removed.
  func repeated(_ input: inout UnsafeRawBufferPointer) -> HTTP1RequestHead? {
    guard let head, input.count >= bytes.count else { return nil }
    let isSame = bytes.span.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: input.prefix($0.count)).equals($0) }
    if !isSame { return nil }
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(bytes.count))
    return head
  }
}
