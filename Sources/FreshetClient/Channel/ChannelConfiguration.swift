// What can be set of a channel.
public import FreshetCore
public import FreshetTransport
public import Logging
public import NIOCore
import NIOPosix

/// How a channel connects, and what its calls may take: time-outs, limits, threads and the log.
///
/// ```swift
/// let channel = RPCChannel("dns:///localhost:50051", configuration: .init { $0.connectTimeout = .seconds(30) })
/// ```
public struct ChannelConfiguration: Sendable {
  /// Windows, limits and time-outs of each connection.
  public var connection = ConnectionConfiguration()

  /// How long the lookup of the target's name may take, and then each attempt to open a socket; gRPC asks for at least
  /// 20 s.
  public var connectTimeout: Duration = .seconds(20)

  /// How long an address of the target has to take the connection, up to the server's SETTINGS, before the next address is
  /// tried as well; the first that becomes ready is used. Less than 100 ms is taken for 100 ms, more than 2 s for 2 s. An
  /// address that fails is followed by the next one at once.
  public var connectionAttemptDelay: Duration = .milliseconds(250)

  static let minConnectionAttemptDelay = Duration.milliseconds(100)
  static let maxConnectionAttemptDelay = Duration.seconds(2)

  /// What `:authority` says; nil takes it from the target.
  public var authority: String?

  /// The largest response message, decompressed, for calls whose options do not say; a larger one fails its call with
  /// RESOURCE_EXHAUSTED.
  public var maxReceiveMessageBytes = 4 * 1024 * 1024

  /// The compressions that the server may use for its messages.
  public var compressions = CompressionRegistry.standard

  /// The threads that the channel may use, of which it takes one; by default those that all of NIO's users in this
  /// process share. Request producers run there, too, so they should not block.
  public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  /// What sees the channel's calls, in this order.
  public var observers: [any ClientObserver] = []

  /// Where the channel says how its connections fare.
  public var logger = Logger(label: "freshet.client")

  public init() {}

  /// The defaults, but for what the closure sets.
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
