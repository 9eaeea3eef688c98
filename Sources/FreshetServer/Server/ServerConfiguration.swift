// The settings of a server.
public import FreshetCore
public import FreshetTransport
public import Logging
public import NIOCore
import NIOPosix

/// How a server serves, whatever the services and addresses: limits, time-outs, threads and the log.
///
/// ```swift
/// let server = Server(services: [EchoService()], configuration: .init { $0.compression = .gzip })
/// ```
public struct ServerConfiguration: Sendable {
  /// Windows, limits and time-outs of each connection.
  public var connection = ConnectionConfiguration()

  /// The largest request message, decompressed; a larger one fails its call with RESOURCE_EXHAUSTED.
  public var maxReceiveMessageBytes = 4 * 1024 * 1024

  /// How long running calls may continue when the server stops; then they end with UNAVAILABLE.
  public var drainTimeout: Duration = .seconds(10)

  /// Where handlers run, unless their service sets it.
  public var handlerExecution = HandlerExecution.automatic

  /// The compressions that clients may use for their messages.
  public var compressions = CompressionRegistry.standard

  /// The compression of responses for clients that accept it, unless the handler sets it; nil sends them uncompressed.
  public var compression: Compression?

  /// Responses with fewer bytes are not compressed: below some hundred bytes little is gained. 0 compresses all.
  public var minimumCompressedBytes = 0

  /// Whether SIGTERM and SIGINT drain the server while `run(on:)` runs; a second signal cuts the drain short. A
  /// ServiceLifecycle group handles signals itself: `service(on:)` never traps them. A service of your own that calls
  /// `run(on:)` in a group must set this to false: otherwise the server traps the signals as well and may return before
  /// the group begins its shutdown, which then throws that a service finished unexpectedly.
  public var trapsSignals = true

  /// The threads that serve; by default those shared by all users of NIO in this process, one per core.
  public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  /// Logs errors outside of calls, and in handlers.
  public var logger = Logger(label: "freshet.server")

  /// Protocols besides gRPC, which are asked in this order whether a request is theirs.
  package var readers: [any RequestReader] = []

  /// The protocols of connections, for plaintext and for TLS.
  package var carriers: @Sendable (_ isTLS: Bool) -> [Carrier] = { _ in [.http2] }

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout ServerConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `TransportError.invalidSetting`, with the setting's name and its range.
  func validate() throws(TransportError) {
    try connection.validate()
    let names = ["maxReceiveMessageBytes": maxReceiveMessageBytes, "minimumCompressedBytes": minimumCompressedBytes]
    for (name, value) in names where value < 0 {
      throw TransportError(.invalidSetting, "\(name) is \(value), but must not be negative")
    }
    if drainTimeout < .zero {
      throw TransportError(.invalidSetting, "drainTimeout is \(drainTimeout), but must not be negative")
    }
  }
}
