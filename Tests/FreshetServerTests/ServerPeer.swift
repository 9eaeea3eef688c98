// A server with a scripted client.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport

@testable import FreshetServer

/// Serves `service` to a scripted client after the handshake, then drains.
func withPeer<Result>(
  _ service: some RPCService, configuration: ServerConfiguration = ServerConfiguration(),
  settings: [(UInt16, UInt32)] = [], observers: [any ServerObserver] = [],
  _ body: (FramePeer, Server) async throws -> Result
) async throws -> Result {
  // On a busy machine the scripted client may take long for its first frames.
  var configuration = configuration
  configuration.connection.handshakeTimeout = .seconds(600)
  let server = Server(services: [service], observers: observers, configuration: configuration)
  let (own, other) = FramePeer.socketPair()
  server.serve(connectedSocket: other)
  let peer = try await FramePeer.on(socket: own, peerIsClient: false)
  peer.send(bytes: Frame.preface + Frame.settings(settings).bytes)
  _ = try await peer.frames { $0.kind == .settings && $0.isAck }
  do {
    let result = try await body(peer, server)
    peer.close()
    await server.drain()
    return result
  } catch {
    peer.close()
    await server.drain()
    throw error
  }
}

extension FramePeer {
  /// The frames of a stream up to its END_STREAM or reset.
  func response(on id: UInt32) async throws -> [Frame] {
    var frames: [Frame] = []
    while true {
      let frame = try await next()
      if frame.streamID != id || frame.kind == .windowUpdate { continue }
      frames.append(frame)
      if frame.isEndStream || frame.kind == .reset { return frames }
    }
  }

  /// A whole request at once, and its response.
  func call(_ path: String, _ payloads: [[UInt8]]) async throws -> [Frame] { try await call(path, 1, payloads) }

  func call(_ path: String, _ id: UInt32, _ payloads: [[UInt8]], _ more: [(String, String)] = []) async throws
    -> [Frame]
  {
    send(.headers(id, grpcRequest(path, more)), .data(id, payloads.flatMap { grpcMessage($0) }, endStream: true))
    return try await response(on: id)
  }
}
