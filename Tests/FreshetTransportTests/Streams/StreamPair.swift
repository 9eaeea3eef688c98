// Two connections over a socket pair, on real event loops.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOPosix
import TestSupport

@testable import FreshetTransport

/// A client's and a server's connection.
struct StreamPair: Sendable {
  let client = RecordingOwner()
  let server = RecordingOwner()
  let executor: LoopExecutor

  static func make(
    clientSettings: HTTP2Settings = HTTP2Settings(), serverSettings: HTTP2Settings = HTTP2Settings(),
    maxMessageBytes: Int = 4 * 1024 * 1024, serverBudget: MemoryBudget = .process
  ) async throws -> StreamPair {
    let pair = StreamPair(executor: LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next()))
    pair.server.maxMessageBytes = maxMessageBytes
    var clientConfiguration = ConnectionConfiguration(), serverConfiguration = ConnectionConfiguration()
    clientConfiguration.http2 = clientSettings
    serverConfiguration.http2 = serverSettings
    serverConfiguration.memoryBudget = serverBudget
    let configurations = (clientConfiguration, serverConfiguration)
    let connector = SocketPairConnector { socket in
      Listener.adopt(
        socket: socket, group: MultiThreadedEventLoopGroup.singleton, configuration: configurations.1,
        makeDelegate: { _ in pair.server }, onFailure: { pair.server.ready.set(.failure($0)) })
    }
    pair.executor.run {
      _ = connector.connect(
        to: .inProcess, on: pair.executor, configuration: configurations.0, timeout: .seconds(10), delegate: pair.client
      ) { result in
        if case .failure(let error) = result { pair.client.ready.set(.failure(error)) }
      }
    }
    try await pair.client.ready.value()
    try await pair.server.ready.value()
    return pair
  }

  /// A stream, from both sides.
  func open() async throws -> (client: TransportStream, server: TransportStream, calls: (RecordingCall, RecordingCall))
  {
    let stream = TransportStream(executor: executor, maxMessageBytes: 4 * 1024 * 1024)
    let call = RecordingCall(stream)
    let owner = client
    let isOpen = await executor.call {
      stream.delegate = call
      var fields = HeaderFields()
      for (name, value) in grpcRequest("/s/m") { fields.append(name, value) }
      return (try? owner.connection?.open(stream, fields)) != nil
    }
    precondition(isOpen, "the connection is gone")
    let serving = try await server.accepted.next("a stream")
    guard let other = serving.stream else { preconditionFailure("the server's stream is gone") }
    return (stream, other, (call, serving))
  }

  func close() async {
    let owner = client
    executor.run { owner.connection?.close(TransportError(.closedByUs, "the test is over")) }
    _ = try? await client.closed.value()
    _ = try? await server.closed.value()
  }
}

func frame(_ byte: UInt8, count: Int) -> ByteBuffer {
  ByteBuffer(bytes: grpcMessage(Array(repeating: byte, count: count)))
}

extension MessageDeframer.Message {
  var bytes: [UInt8] { Array(payload.readableBytesView) }
}

/// What `body` throws.
func rpcError(_ body: () async throws -> Void) async -> RPCError? {
  do {
    try await body()
    return nil
  } catch { return error as? RPCError }
}
