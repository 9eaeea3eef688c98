// Puts a connection on a NIO channel: the same for accepted, made and adopted sockets.
import FreshetHTTP2
import FreshetTLS
import NIOCore

enum ChannelSetup {
  /// How much may wait inside NIO for a slow socket before the streams' own queues, which are bounded, have to wait.
  /// More than one flush makes, so that only a socket that has left some of one counts as full.
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 64 * 1024, high: 320 * 1024)

  /// Called on the channel's loop, before any byte of the peer was read.
  static func install(
    on channel: any Channel, role: HTTP2Session.Role, tls: (context: TLSContext, serverName: String?)?,
    configuration: ConnectionConfiguration, delegate: any ConnectionDelegate
  ) throws -> TransportConnection {
    let session = try tls.map { try $0.context.makeSession(serverName: $0.serverName) }
    let connection = try HTTP2Connection(
      role: role, executor: LoopExecutor.of(channel.eventLoop), records: RecordLayer(session),
      configuration: configuration,
      delegate: delegate)
    try channel.pipeline.syncOperations.addHandler(connection)
    return connection
  }
}
