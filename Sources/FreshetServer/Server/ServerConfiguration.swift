// What can be set of a server.
public import FreshetCore
public import FreshetTransport
public import Logging
public import NIOCore
import NIOPosix

/// How a server serves, whatever it serves and wherever: limits, time-outs, threads and the log.
///
/// ```swift
/// let server = Server(services: [EchoService()], configuration: .init { $0.compression = .gzip })
/// ```
public struct ServerConfiguration: Sendable {
  /// Windows, limits and time-outs of each connection.
  public var connection = ConnectionConfiguration()

  /// The largest request message, decompressed; a larger one fails its call with RESOURCE_EXHAUSTED.
  public var maxReceiveMessageBytes = 4 * 1024 * 1024

  /// How long running calls have to end when the server stops; then they get UNAVAILABLE.
  public var drainTimeout: Duration = .seconds(10)

  /// Where handlers run, unless their service says otherwise.
  public var handlerExecution = HandlerExecution.automatic

  /// The compressions that clients may use for their messages.
  public var compressions = CompressionRegistry.standard

  /// What responses are compressed with for clients that take it, unless the handler says otherwise; nil sends them as
  /// they are.
  public var compression: Compression?

  /// Responses of fewer bytes are not compressed: below some hundred bytes little is won. 0 compresses all.
  public var minimumCompressedBytes = 0

  /// Whether SIGTERM and SIGINT drain the server while `run(on:)` runs; a second signal cuts the drain short. In a
  /// ServiceLifecycle group the group has the signals: `service(on:)` never traps them. A service of your own that calls `run(on:)` in
  /// a group must set this to false: otherwise the server takes the signals as well and may end before the group begins its
  /// shutdown, which then throws that a service finished unexpectedly.
  public var trapsSignals = true

  /// The threads that serve; by default those that all of NIO's users in this process share, one for each core.
  public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  /// Where the server says what went wrong outside of calls, and in handlers.
  public var logger = Logger(label: "freshet.server")

  /// Protocols beside gRPC, each of which is asked in this order whether a request is its own.
  package var wires: [any CallWire] = []

  public init() {}

  /// The defaults, but for what the closure sets.
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
