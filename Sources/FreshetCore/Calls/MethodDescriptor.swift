// What the library has to know of one method: its path, how many messages go each way, and how they become bytes.

/// How many messages go in each direction of a call.
public enum MethodKind: Sendable, Hashable, CaseIterable {
  /// One request, one response.
  case unary
  /// Any number of requests, one response.
  case clientStreaming
  /// One request, any number of responses.
  case serverStreaming
  /// Any number of both, independent of each other.
  case bidirectional

  /// Whether a call has exactly one response.
  package var givesOneResponse: Bool { self == .unary || self == .clientStreaming }
}

/// What may happen when a call is made twice, as the schema's `idempotency_level` states it.
public enum Idempotency: Sendable, Hashable, CaseIterable {
  /// Nothing is promised.
  case unknown
  /// The call changes nothing.
  case noSideEffects
  /// The second call changes nothing that the first did not.
  case idempotent
}

/// How the messages of a method become bytes in one format.
public struct MethodFormat<Request: Sendable, Response: Sendable>: Sendable {
  /// What follows `application/grpc+` in the content type of a request that uses it.
  public let name: String
  /// Between a request and its bytes.
  public let requestCodec: any Codec<Request>
  /// Between a response and its bytes.
  public let responseCodec: any Codec<Response>

  /// A format that is called what its request codec says.
  public init(requestCodec: any Codec<Request>, responseCodec: any Codec<Response>) {
    name = requestCodec.contentSubtype
    self.requestCodec = requestCodec
    self.responseCodec = responseCodec
  }
}

/// One method of a service: its name on the wire, its kind and its codecs. Generated stubs hold one for each method.
public struct MethodDescriptor<Request: Sendable, Response: Sendable>: Sendable {
  /// The full name of the service, such as `echo.v1.Echo`.
  public let service: String
  /// The name of the method, such as `Get`.
  public let method: String
  /// What goes into `:path`, such as `/echo.v1.Echo/Get`.
  public let path: String
  /// How many messages go in each direction.
  public let kind: MethodKind
  /// What may happen when a call is made twice.
  public let idempotency: Idempotency
  /// Between a request and its bytes, in the method's first format.
  public let requestCodec: any Codec<Request>
  /// Between a response and its bytes, in the method's first format.
  public let responseCodec: any Codec<Response>
  /// What else a server takes, and answers in: clients choose by the content type of their request.
  public let otherFormats: [MethodFormat<Request, Response>]

  /// - Parameter otherFormats: beside the one of the two codecs, which is meant where a request names none. Of several with one
  ///   name the first counts.
  public init(
    service: String, method: String, kind: MethodKind, idempotency: Idempotency = .unknown,
    requestCodec: any Codec<Request>, responseCodec: any Codec<Response>,
    otherFormats: [MethodFormat<Request, Response>] = []
  ) {
    self.service = service
    self.method = method
    self.path = "/\(service)/\(method)"
    self.kind = kind
    self.idempotency = idempotency
    self.requestCodec = requestCodec
    self.responseCodec = responseCodec
    self.otherFormats = otherFormats
  }

  /// The names of all formats, in the order by which they are numbered.
  package var formatNames: [String] { [requestCodec.contentSubtype] + otherFormats.map(\.name) }
}
