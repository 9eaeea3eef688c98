// A method's implementation without its message types, as the router keeps it.
public import FreshetCore
import FreshetStreams

/// What runs when a method is called. The generated code makes one for each method of a service.
public struct MethodHandler: Sendable {
  typealias Invoke = @Sendable (ServerCall, ServerContext) async throws -> Void

  /// `/package.Service/Method`.
  public let path: String
  let kind: MethodKind
  let contentSubtype: String
  let invoke: Invoke
  /// Set by the server from its service and its configuration.
  var execution = HandlerExecution.eventLoop

  private init<Request, Response>(_ method: MethodDescriptor<Request, Response>, invoke: @escaping Invoke) {
    path = method.path
    kind = method.kind
    contentSubtype = method.requestCodec.contentSubtype
    self.invoke = invoke
  }

  public typealias Unary<Request, Response> = @Sendable (Request, ServerContext) async throws -> Response
  public typealias ClientStreaming<Request: Sendable, Response> =
    @Sendable (RequestStream<Request>, ServerContext) async throws -> Response

  /// One request, one response.
  public static func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping Unary<Request, Response>
  ) -> MethodHandler {
    MethodHandler(method) { call, context in
      let request = try call.decodeRequest(method.requestCodec)
      try call.sendOnly(try await handler(request, context), method.responseCodec)
    }
  }

  /// One request, a sequence of responses.
  public static func serverStreaming<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping Unary<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { call, context in
      let request = try call.decodeRequest(method.requestCodec)
      try await call.sendAll(try await handler(request, context), method.responseCodec)
    }
  }

  /// A sequence of requests, one response.
  public static func clientStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Response>
  ) -> MethodHandler {
    MethodHandler(method) { call, context in
      let requests = RequestStream(call: call, codec: method.requestCodec)
      try call.sendOnly(try await handler(requests, context), method.responseCodec)
    }
  }

  /// Two sequences, independent of each other.
  public static func bidirectional<Request, Response, Responses: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ handler: @escaping ClientStreaming<Request, Responses>
  ) -> MethodHandler where Responses.Element == Response {
    MethodHandler(method) { call, context in
      let requests = RequestStream(call: call, codec: method.requestCodec)
      try await call.sendAll(try await handler(requests, context), method.responseCodec)
    }
  }
}
