// What all calls of a server share; immutable.
import FreshetCore
import FreshetTransport
import Logging
import Synchronization

struct ServerOptions: Sendable {
  let router: Router
  let interceptors: [any ServerInterceptor]
  let compressions: CompressionRegistry
  let compression: Compression?
  let minimumCompressedBytes: Int
  let maxReceiveMessageBytes: Int
  let connection: ConnectionConfiguration
  let logger: Logger
  /// The methods whose handlers have held a loop.
  let longHolds = Methods()
  /// For what clients provoke.
  let log: ServerLog

  init(_ services: [any Service], _ interceptors: [any ServerInterceptor], _ configuration: ServerConfiguration) {
    router = Router(services, execution: configuration.handlerExecution)
    self.interceptors = interceptors
    compressions = configuration.compressions
    compression = configuration.compression
    minimumCompressedBytes = configuration.minimumCompressedBytes
    maxReceiveMessageBytes = configuration.maxReceiveMessageBytes
    connection = configuration.connection
    logger = configuration.logger
    log = ServerLog(configuration.logger)
  }
}

/// Methods about which something is said once.
final class Methods: Sendable {
  private let paths = Mutex<Set<String>>([])

  func isFirst(of path: String) -> Bool { paths.withLock { $0.insert(path).inserted } }
}
