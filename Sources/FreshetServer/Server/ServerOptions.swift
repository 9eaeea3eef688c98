// Settings shared by all calls of a server; immutable.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import Logging

struct ServerOptions: Sendable {
  let router: Router
  /// nil without observers.
  let observers: [any ServerObserver]?
  private let wires: [any CallWire]
  let compressions: CompressionRegistry
  let compression: Compression?
  let minimumCompressedBytes: Int
  let maxReceiveMessageBytes: Int
  let connection: ConnectionConfiguration
  let logger: Logger
  /// For events that clients provoke.
  let log: ServerLog

  init(
    _ services: [any RPCService], _ interceptors: [any ServerInterceptor], _ configuration: ServerConfiguration,
    observers: [any ServerObserver] = []
  ) {
    self.observers = observers.isEmpty ? nil : observers
    router = Router(services, interceptors: interceptors, execution: configuration.handlerExecution)
    wires = configuration.wires
    compressions = configuration.compressions
    compression = configuration.compression
    minimumCompressedBytes = configuration.minimumCompressedBytes
    maxReceiveMessageBytes = configuration.maxReceiveMessageBytes
    connection = configuration.connection
    logger = configuration.logger
    log = ServerLog(configuration.logger)
  }
  /// For requests that no other wire takes, and those whose protocol is not known yet.
  var defaultWire: any CallWire { GRPCWire.shared }

  func wire(of section: HeaderSection) -> any CallWire {
    if wires.isEmpty { return defaultWire }
    return wires.first { $0.takes(section) } ?? defaultWire
  }
}
