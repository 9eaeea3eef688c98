// A method's implementation without its message types, for the router.
public import FreshetCore
import FreshetStreams
import FreshetTransport

/// Runs when a method is called. The generated code creates one for each method of a service.
public struct MethodHandler: Sendable {
  @usableFromInline typealias Invoke = @Sendable (ServerContext) async throws -> Void

  /// `/package.Service/Method`; for a plain route, its verb and pattern.
  public private(set) var path: String
  package let kind: MethodKind
  package let idempotency: Idempotency
  /// The names of the method's formats; the first one is the default where a request names none.
  package let formats: [String]
  let invoke: Invoke
  /// Wrapped around `invoke`, inside the server's own.
  var interceptors: [any ServerInterceptor] = []
  /// Set by the server from its service and its configuration.
  var execution = HandlerExecution.automatic

  @usableFromInline
  init<Request, Response>(_ method: MethodDescriptor<Request, Response>, invoke: @escaping Invoke) {
    path = method.path
    kind = method.kind
    idempotency = method.idempotency
    formats = method.formatNames
    self.invoke = invoke
  }

  /// The same under another name.
  package func named(_ path: String) -> MethodHandler {
    var copy = self
    copy.path = path
    return copy
  }

  /// The index in `formats` of a content-subtype; an empty one means the first.
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
      let request = try context.decodeRequest(of: method)
      try context.sendOnly(try await handler(request, context), as: method)
    }
  }

  /// One request, a sequence of responses.
  @inlinable
  public static func serverStreaming<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping Unary<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { context in
      if context.hasCompressedRequest { try await context.decompressRequest() }
      let request = try context.decodeRequest(of: method)
      try await context.sendAll(MessageStream(try await handler(request, context)), as: method)
    }
  }

  /// A sequence of requests, one response.
  @inlinable
  public static func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Response>
  ) -> MethodHandler {
    MethodHandler(method) { context in
      let requests = context.requests(of: method)
      try context.sendOnly(try await handler(requests, context), as: method)
    }
  }

  /// Two sequences, independent of each other.
  @inlinable
  public static func bidirectional<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { context in
      let requests = context.requests(of: method)
      try await context.sendAll(MessageStream(try await handler(requests, context)), as: method)
    }
  }

  /// A handler that reads and sends by itself, on the call's stream (`ServerContext.put`).
  package static func conversation<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping @Sendable (ServerContext) async throws -> Void
  ) -> MethodHandler {
    MethodHandler(method, invoke: handler)
  }
}

/// What inlined handlers need from their call. Codecs are passed on where they are: one that an expression yields is copied,
/// which takes a thousand instructions.
extension ServerContext {
  @usableFromInline
  func decodeRequest<Request, Response>(of method: MethodDescriptor<Request, Response>) throws -> Request {
    guard let other = call.otherFormat else { return try call.decodeRequest(method.requestCodec) }
    return try call.decodeRequest(method.otherFormats[other].requestCodec)
  }

  @usableFromInline
  var hasCompressedRequest: Bool { call.intake.hasCompressedRequest }

  @usableFromInline
  func decompressRequest() async throws { try await call.decompressRequest() }

  @usableFromInline
  func requests<Request, Response>(of method: MethodDescriptor<Request, Response>) -> RequestStream<Request> {
    guard let other = call.otherFormat else { return RequestStream(call: call, codec: method.requestCodec) }
    return RequestStream(call: call, codec: method.otherFormats[other].requestCodec)
  }

  @usableFromInline
  func sendOnly<Request, Response>(_ response: Response, as method: MethodDescriptor<Request, Response>) throws {
    guard let other = call.otherFormat else { return try call.sendOnly(response, method.responseCodec) }
    try call.sendOnly(response, method.otherFormats[other].responseCodec)
  }

  @usableFromInline
  func sendAll<Request, Response>(
    _ responses: MessageStream<Response>, as method: MethodDescriptor<Request, Response>
  ) async throws {
    try await call.sendAll(responses, as: method)  // nothing else, so that it needs hardly any frame
  }
}

extension ServerCall {
  /// Which of the method's other formats the client has chosen; nil for the first.
  var otherFormat: Int? {
    let format = state.head.borrowed?._withUnsafeGuaranteedRef { $0.format } ?? 0
    return format == 0 ? nil : format - 1
  }
}
