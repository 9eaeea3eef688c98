// Requests and responses of plain routes.
public import FreshetCore
import FreshetHTTP
public import FreshetServer
import FreshetStreams
public import NIOCore

/// A field of a request or a response. Names are in lower case.
public struct HTTPField: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name.lowercased()
    self.value = value
  }
}

/// A request for a plain route.
public struct HTTPRequest: Sendable {
  /// `GET`, say. A route of GET also gets HEAD, and its response's body is left out.
  public let method: String
  /// As it came, without the query.
  public let path: String
  /// What follows the question mark, as it came.
  public let query: String?
  /// The values of the pattern's names, percent-decoded.
  public let parameters: [String: String]
  /// In the order in which they came, without those of the connection.
  public let fields: [HTTPField]
  /// The body as it arrives. A handler that does not read it stops its client.
  public let body: RequestStream<ByteBuffer>
  /// Deadline, peer and cancellation, as calls have them.
  public let context: ServerContext

  init(_ context: ServerContext, _ body: RequestStream<ByteBuffer>, _ pattern: PathPattern) {
    self.context = context
    self.body = body
    let target = RequestTarget(context.requestFields, pattern)
    method = context.requestFields.first(":method") ?? ""
    path = target.path
    query = target.query
    parameters = target.parameters
    fields = target.fields
  }

  /// The first field of this name, in lower case.
  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// Reads the whole body.
  /// - Throws: `RESOURCE_EXHAUSTED` beyond `maxBytes`, which a handler that does not catch it answers by 413; what the
  ///   body throws.
  public func collectBody(maxBytes: Int = 4 * 1024 * 1024) async throws(RPCError) -> ByteBuffer {
    var all = ByteBuffer(), parts = body.makeAsyncIterator()
    while let part = try await parts.next() {
      guard all.readableBytes + part.readableBytes <= maxBytes else {
        throw RPCError(
          code: .resourceExhausted, message: "the request's body exceeds \(maxBytes) bytes", cause: BodyTooLarge())
      }
      all.writeImmutableBuffer(part)
    }
    return all
  }
}

/// Why a handler has not read a body.
struct BodyTooLarge: Error {}

/// The response of a plain route. A handler that throws an `RPCError` instead answers with the HTTP status of its code
/// (web.md W38) and JSON; if the body had begun, that is cut off.
public struct HTTPResponse: Sendable {
  enum Body: Sendable {
    case bytes(ByteBuffer)
    /// nil: of unknown length.
    case stream(MessageStream<ByteBuffer>, length: Int?)
  }

  public var status: Int
  public var fields: [HTTPField]
  var body: Body

  /// A response whose body is known.
  public init(status: Int = 200, fields: [HTTPField] = [], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.fields = fields
    self.body = .bytes(body)
  }

  /// A response whose body follows part by part, each when the client has room for it.
  /// - Parameter length: of the whole body, if it is known.
  public init(
    status: Int = 200, fields: [HTTPField] = [], length: Int? = nil, stream: MessageStream<ByteBuffer>
  ) {
    self.status = status
    self.fields = fields
    body = .stream(stream, length: length)
  }

  /// Plain text.
  public init(_ text: String, status: Int = 200) {
    self.init(
      status: status, fields: [HTTPField("content-type", "text/plain; charset=utf-8")], body: ByteBuffer(string: text))
  }

  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

extension HTTPResponse {
  /// - Throws: `INTERNAL` for a status or a field that HTTP does not have.
  func head() throws(RPCError) -> HeaderFields {
    guard (200...599).contains(status) else {
      throw RPCError(code: .internal, message: "the route answered with the HTTP status \(status)")
    }
    var head: HeaderFields = [":status": "\(status)"]
    for field in fields {
      if Self.ofConnection.contains(field.name) { continue }
      guard FieldText.isToken(field.name), field.value.utf8.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F })
      else {
        throw RPCError(code: .internal, message: "the route answered with a field that HTTP does not allow")
      }
      head.append(field.name, field.value)
    }
    let hasNoBody = status == 204 || status == 304
    if let length, !hasNoBody, self["content-length"] == nil { head.append("content-length", "\(length)") }
    return head
  }

  private var length: Int? {
    switch body {
    case .bytes(let bytes): bytes.readableBytes
    case .stream(_, let length): length
    }
  }

  private static let ofConnection: Set = [
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "trailer",
  ]

  func stream(isHEAD: Bool) -> MessageStream<ByteBuffer> {
    if isHEAD || status == 204 || status == 304 { return MessageStream { _ in } }
    switch body {
    case .stream(let stream, _): return stream
    case .bytes(let bytes):
      return MessageStream { yield in
        if bytes.readableBytes > 0 { try await yield(bytes) }
      }
    }
  }
}
