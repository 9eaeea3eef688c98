// A method's implementation without its message types, as the router keeps it.
public import FreshetCore
import FreshetStreams

/// What runs when a method is called. The generated code makes one for each method of a service.
public struct MethodHandler: Sendable {
  @usableFromInline typealias Invoke = @Sendable (ServerContext) async throws -> Void

  /// `/package.Service/Method`.
  public let path: String
  package let kind: MethodKind
  /// The names of the formats that the method takes, the first of which is meant where a request names none.
  package let formats: [String]
  let invoke: Invoke
  /// Around `invoke`, inside of the server's own.
  var interceptors: [any ServerInterceptor] = []
  /// Set by the server from its service and its configuration.
  var execution = HandlerExecution.automatic

  @usableFromInline
  init<Request, Response>(_ method: MethodDescriptor<Request, Response>, invoke: @escaping Invoke) {
    path = method.path
    kind = method.kind
    formats = method.formatNames
    self.invoke = invoke
  }

  /// The format's place in `formats`, for content-subtypes: an empty one is the first's.
  package func format(_ name: String) -> Int? { name.isEmpty ? 0 : formats.firstIndex(of: name) }

  public typealias Unary<Request, Response> = @Sendable (Request, ServerContext) async throws -> Response
  public typealias ClientStreaming<Request: Sendable, Response> =
    @Sendable (RequestStream<Request>, ServerContext) async throws -> Response

  /// One request, one response.
  @inlinable
  public static func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping Unary<Request, Response>
  ) -> MethodHandler {
    MethodHandler(method) { context in
      if context.hasCompressedRequest { try await context.decompressRequest() }
      let format = context.format
      let request = try context.decodeRequest(method.requestCodec(of: format))
      try context.sendOnly(try await handler(request, context), method.responseCodec(of: format))
    }
  }

  /// One request, a sequence of responses.
  @inlinable
  public static func serverStreaming<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping Unary<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { context in
      if context.hasCompressedRequest { try await context.decompressRequest() }
      let format = context.format
      let request = try context.decodeRequest(method.requestCodec(of: format))
      try await context.sendAll(MessageStream(try await handler(request, context)), method.responseCodec(of: format))
    }
  }

  /// A sequence of requests, one response.
  @inlinable
  public static func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Response>
  ) -> MethodHandler {
    MethodHandler(method) { context in
      let format = context.format
      let requests = context.requests(method.requestCodec(of: format))
      try context.sendOnly(try await handler(requests, context), method.responseCodec(of: format))
    }
  }

  /// Two sequences, independent of each other.
  @inlinable
  public static func bidirectional<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { context in
      let format = context.format
      let requests = context.requests(method.requestCodec(of: format))
      try await context.sendAll(MessageStream(try await handler(requests, context)), method.responseCodec(of: format))
    }
  }
}

/// What inlined handlers do to their call.
extension ServerContext {
  /// Which of the method's formats the client has chosen.
  @usableFromInline
  var format: Int { call.head?.format ?? 0 }

  @usableFromInline
  func decodeRequest<Request>(_ codec: any Codec<Request>) throws -> Request { try call.decodeRequest(codec) }

  @usableFromInline
  var hasCompressedRequest: Bool { call.intake.hasCompressedRequest }

  @usableFromInline
  func decompressRequest() async throws { try await call.decompressRequest() }

  @usableFromInline
  func requests<Request>(_ codec: any Codec<Request>) -> RequestStream<Request> {
    RequestStream(call: call, codec: codec)
  }

  @usableFromInline
  func sendOnly<Response>(_ response: Response, _ codec: any Codec<Response>) throws {
    try call.sendOnly(response, codec)
  }

  @usableFromInline
  func sendAll<Response>(_ responses: MessageStream<Response>, _ codec: any Codec<Response>) async throws {
    try await call.sendAll(responses, codec)
  }
}
