// Puts a connection on a NIO channel: the same for accepted, connected and adopted sockets.
import FreshetHTTP2
package import FreshetTLS
package import NIOCore

package enum ChannelSetup {
  /// How much may be buffered in NIO for a slow socket before output stays in the streams' own, bounded, queues. More
  /// than one flush produces, so that a socket counts as full only if it has left some of one unsent.
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 64 * 1024, high: 320 * 1024)

  /// Puts a client's connection on a channel; on the channel's loop, before any bytes are read.
  /// - Parameter carriers: at least one; in plaintext the first one is used, as nothing can be agreed on.
  static func connect(
    on channel: any Channel, tls: (context: TLSContext, serverName: String?)?, carriers: [Carrier] = [.http2Client],
    configuration: ConnectionConfiguration, delegate: any ConnectionDelegate
  ) throws -> TransportConnection {
    let session = try tls.map { try $0.context.makeSession(serverName: $0.serverName) }
    let connection = try connection(
      among: tls == nil ? [carriers[0]] : carriers,
      Carrier.Parts(
        executor: LoopExecutor.of(channel.eventLoop), records: RecordLayer(session), configuration: configuration,
        delegate: delegate))
    try channel.pipeline.syncOperations.addHandler(connection)
    return connection
  }

  private static func connection(among carriers: [Carrier], _ parts: Carrier.Parts) throws -> TransportConnection {
    if carriers.count == 1 { return try carriers[0].makeConnection(parts) }
    return ConnectionChooser(
      among: carriers, executor: parts.executor, records: parts.records, configuration: parts.configuration,
      delegate: parts.delegate)
  }

  /// Puts a server's connection on a channel; on the channel's loop, before any bytes are read.
  /// - Parameters:
  ///   - tls: offers the carriers' names by ALPN.
  ///   - carriers: at least one.
  package static func serve(
    on channel: any Channel, tls: TLSContext?, carriers: [Carrier], configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) throws {
    let parts = Carrier.Parts(
      executor: LoopExecutor.of(channel.eventLoop), records: RecordLayer(try tls?.makeSession(serverName: nil)),
      configuration: configuration, delegate: delegate)
    try channel.pipeline.syncOperations.addHandler(try connection(among: carriers, parts))
  }
}
