// Settings shared by all calls of a server; immutable.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import Logging

struct ServerOptions: Sendable {
  let router: Router
  /// nil without observers.
  let observers: [any ServerObserver]?
  private let readers: [any RequestReader]
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
    readers = configuration.readers
    compressions = configuration.compressions
    compression = configuration.compression
    minimumCompressedBytes = configuration.minimumCompressedBytes
    maxReceiveMessageBytes = configuration.maxReceiveMessageBytes
    connection = configuration.connection
    logger = configuration.logger
    log = ServerLog(configuration.logger)
  }

  /// For calls whose protocol is not known yet.
  var defaultWire: any CallWire { GRPCWire.shared }

  /// Of calls that come through a tunnel.
  var tunnelLimits: TunnelLimits {
    TunnelLimits(
      maxMessageBytes: maxReceiveMessageBytes, maxHeaderListBytes: Int(connection.http2.maxHeaderListBytes),
      headTimeout: connection.handshakeTimeout)
  }

  /// Parses a head in the protocol that it is in.
  func readHead(_ section: HeaderSection, _ timeout: UnsafeRawBufferPointer?) throws(CallRefusal) -> RequestReading {
    for reader in readers {
      if let reading = try reader.readHead(section, timeout: timeout, router, compressions) { return reading }
    }
    return .call(try GRPCWire.shared.readHead(section, timeout: timeout, router, compressions))
  }
}
