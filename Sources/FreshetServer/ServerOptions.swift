// What all calls of a server share; immutable.
import FreshetCore
import FreshetTransport
import Logging

struct ServerOptions: Sendable {
  let router: Router
  let compressions: CompressionRegistry
  let compression: Compression?
  let minimumCompressedBytes: Int
  let maxReceiveMessageBytes: Int
  let connection: ConnectionConfiguration
  let logger: Logger
  /// For what clients provoke.
  let log: ServerLog

  init(_ services: [any Service], _ interceptors: [any ServerInterceptor], _ configuration: ServerConfiguration) {
    router = Router(services, interceptors: interceptors, execution: configuration.handlerExecution)
    compressions = configuration.compressions
    compression = configuration.compression
    minimumCompressedBytes = configuration.minimumCompressedBytes
    maxReceiveMessageBytes = configuration.maxReceiveMessageBytes
    connection = configuration.connection
    logger = configuration.logger
    log = ServerLog(configuration.logger)
  }
}
