// The settings of a channel.
public import FreshetCore
public import FreshetTransport
public import Logging
public import NIOCore
import NIOPosix

/// How a channel connects, and the limits of its calls: time-outs, sizes, threads and the log.
///
/// ```swift
/// let channel = RPCChannel("dns:///localhost:50051", configuration: .init { $0.connectTimeout = .seconds(30) })
/// ```
public struct ChannelConfiguration: Sendable {
  /// Windows, limits and time-outs of each connection.
  public var connection = ConnectionConfiguration()

  /// The time-out of the lookup of the target's name, and of each attempt to open a socket; gRPC asks for at least 20
  /// s.
  public var connectTimeout: Duration = .seconds(20)

  /// How long an address of the target may take to connect, up to the server's SETTINGS, before the next address is
  /// tried in parallel; the first one that becomes ready is used. Clamped to between 100 ms and 2 s. After an address
  /// fails, the next one is tried at once.
  public var connectionAttemptDelay: Duration = .milliseconds(250)

  static let minConnectionAttemptDelay = Duration.milliseconds(100)
  static let maxConnectionAttemptDelay = Duration.seconds(2)

  /// The value of `:authority`; nil takes it from the target.
  public var authority: String?

  /// The largest response message, decompressed, for calls whose options do not set it; a larger one fails its call
  /// with RESOURCE_EXHAUSTED.
  public var maxReceiveMessageBytes = 4 * 1024 * 1024

  /// The compressions that the server may use for its messages.
  public var compressions = CompressionRegistry.standard

  /// The format of messages, such as `json`; nil is the first format of each method, which is protobuf for generated
  /// ones. A call of a method that lacks the format fails with INTERNAL.
  public var format: String?

  /// The threads that the channel may use, of which it takes one; by default those shared by all users of NIO in this
  /// process. Request producers run there too, so they should not block.
  public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  /// Observe the channel's calls, in this order.
  public var observers: [any ClientObserver] = []

  /// Logs events of the channel's connections.
  public var logger = Logger(label: "freshet.client")

  /// Protocols other than gRPC and HTTP/2.
  package var protocols: (any ChannelProtocols)?

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout ChannelConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `TransportError.invalidSetting`, with the setting's name and its range.
  func validate() throws(TransportError) {
    try connection.validate()
    if connectTimeout <= .zero {
      throw TransportError(.invalidSetting, "connectTimeout is \(connectTimeout), but must be more than zero")
    }
    if maxReceiveMessageBytes < 0 {
      throw TransportError(
        .invalidSetting, "maxReceiveMessageBytes is \(maxReceiveMessageBytes), but must not be negative")
    }
  }
}
