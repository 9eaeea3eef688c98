// What the library knows about a method: its path, how many messages go each way, and how they are encoded.

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

/// Whether a call may be made twice, as declared by the schema's `idempotency_level`.
public enum Idempotency: Sendable, Hashable, CaseIterable {
  /// Unknown.
  case unknown
  /// The call changes nothing.
  case noSideEffects
  /// A second call has no effect beyond the first's.
  case idempotent
}

/// How the messages of a method are encoded in one format.
public struct MethodFormat<Request: Sendable, Response: Sendable>: Sendable {
  /// What follows `application/grpc+` in the content type of requests in this format.
  public let name: String
  /// Encodes and decodes requests.
  public let requestCodec: any Codec<Request>
  /// Encodes and decodes responses.
  public let responseCodec: any Codec<Response>

  /// A format named after its request codec.
  public init(requestCodec: any Codec<Request>, responseCodec: any Codec<Response>) {
    name = requestCodec.contentSubtype
    self.requestCodec = requestCodec
    self.responseCodec = responseCodec
  }
}

/// One method of a service: its name on the wire, its kind and its codecs. Generated stubs have one per method.
public struct MethodDescriptor<Request: Sendable, Response: Sendable>: Sendable {
  /// The full name of the service, such as `echo.v1.Echo`.
  public let service: String
  /// The name of the method, such as `Get`.
  public let method: String
  /// The value of `:path`, such as `/echo.v1.Echo/Get`.
  public let path: String
  /// How many messages go in each direction.
  public let kind: MethodKind
  /// Whether a call may be made twice.
  public let idempotency: Idempotency
  /// Encodes and decodes requests, in the method's first format.
  public let requestCodec: any Codec<Request>
  /// Encodes and decodes responses, in the method's first format.
  public let responseCodec: any Codec<Response>
  /// Other formats that a server accepts and responds in: clients choose by the content type of their request.
  public let otherFormats: [MethodFormat<Request, Response>]

  /// - Parameter otherFormats: besides the format of the two codecs, which is the default where a request names none.
  ///   Of several with the same name, the first one counts.
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

  /// The names of all formats, in the order of their numbers.
  package var formatNames: [String] { [requestCodec.contentSubtype] + otherFormats.map(\.name) }
}
