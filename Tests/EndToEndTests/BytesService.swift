// A service without a schema, whose handlers are a test's closures.
import Freshet
import struct NIOCore.ByteBuffer

/// The four kinds of method on raw bytes; a method without a handler is unknown to the server.
struct BytesService: RPCService {
  typealias Bytes = ByteBuffer
  typealias OneToMany = @Sendable (Bytes, ServerContext) async throws -> AsyncGenerator<Bytes, any Error>
  typealias ManyToMany =
    @Sendable (RequestStream<Bytes>, ServerContext) async throws -> AsyncGenerator<Bytes, any Error>

  var methodHandlers: [MethodHandler]
  var handlerExecution: HandlerExecution?

  init(
    unary: MethodHandler.Unary<Bytes, Bytes>? = nil, serverStreaming: OneToMany? = nil,
    clientStreaming: MethodHandler.ClientStreaming<Bytes, Bytes>? = nil, bidirectional: ManyToMany? = nil,
    execution: HandlerExecution? = nil
  ) {
    methodHandlers = [
      unary.map { MethodHandler.unary(Self.unary, $0) },
      serverStreaming.map { MethodHandler.serverStreaming(Self.serverStreaming, $0) },
      clientStreaming.map { MethodHandler.clientStreaming(Self.clientStreaming, $0) },
      bidirectional.map { MethodHandler.bidirectional(Self.bidirectional, $0) },
    ].compactMap { $0 }
    handlerExecution = execution
  }

  static let unary = method("Unary", .unary)
  static let serverStreaming = method("ServerStreaming", .serverStreaming)
  static let clientStreaming = method("ClientStreaming", .clientStreaming)
  static let bidirectional = method("Bidirectional", .bidirectional)

  private static func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor<Bytes, Bytes> {
    MethodDescriptor(
      service: "test.Bytes", method: name, kind: kind, requestCodec: BytesCodec(), responseCodec: BytesCodec())
  }
}

extension ByteBuffer {
  /// `count` bytes that identify their message.
  static func patterned(_ number: Int, count: Int) -> ByteBuffer {
    var buffer = ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: count)
    buffer.setInteger(UInt64(number), at: 0)
    return buffer
  }

  var number: Int? { getInteger(at: readerIndex, as: UInt64.self).map { Int($0) } }
}

/// The error thrown by `body`; records a test failure if there is none.
func rpcError<Result>(_ body: () async throws -> Result) async -> RPCError {
  do {
    let result = try await body()
    return RPCError(code: .ok, message: "expected an error, got \(result)")
  } catch let error as RPCError {
    return error
  } catch {
    return RPCError(code: .ok, message: "expected an RPCError, got \(error)")
  }
}
