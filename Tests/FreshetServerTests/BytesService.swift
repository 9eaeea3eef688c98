// A service without a schema, whose handlers are a test's closures.
import FreshetCore
import FreshetServer
import FreshetStreams
import NIOCore

/// The four kinds of method on raw bytes; a method without a handler is unknown to the server.
struct BytesService: RPCService {
  typealias Bytes = ByteBuffer
  typealias Many = @Sendable (RequestStream<Bytes>, ServerContext) async throws -> AsyncGenerator<Bytes, any Error>
  typealias One = @Sendable (Bytes, ServerContext) async throws -> AsyncGenerator<Bytes, any Error>

  var methodHandlers: [MethodHandler]
  var handlerExecution: HandlerExecution?

  init(
    unary: MethodHandler.Unary<Bytes, Bytes>? = nil, serverStreaming: One? = nil,
    clientStreaming: MethodHandler.ClientStreaming<Bytes, Bytes>? = nil, bidirectional: Many? = nil,
    execution: HandlerExecution? = nil
  ) {
    methodHandlers = [
      unary.map { MethodHandler.unary(Self.method("Unary", .unary), $0) },
      serverStreaming.map { MethodHandler.serverStreaming(Self.method("ServerStreaming", .serverStreaming), $0) },
      clientStreaming.map { MethodHandler.clientStreaming(Self.method("ClientStreaming", .clientStreaming), $0) },
      bidirectional.map { MethodHandler.bidirectional(Self.method("Bidirectional", .bidirectional), $0) },
    ].compactMap { $0 }
    handlerExecution = execution
  }

  static func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor<Bytes, Bytes> {
    MethodDescriptor(
      service: "test.Bytes", method: name, kind: kind, requestCodec: BytesCodec(), responseCodec: BytesCodec())
  }
}
