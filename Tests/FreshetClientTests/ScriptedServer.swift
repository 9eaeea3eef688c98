// A channel with a scripted server.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetClient

/// Gives a test the server's end of each connection of a channel.
struct ScriptedServer: Sendable {
  private let peers = EventLog<Result<FramePeer, any Error>>()

  var connector: SocketPairConnector {
    let peers = peers
    return SocketPairConnector { socket in
      Task {
        do { peers.record(.success(try await FramePeer.on(socket: socket, peerIsClient: true))) } catch {
          peers.record(.failure(error))
        }
      }
    }
  }

  /// The next connection, on which nothing was sent yet.
  func acceptSilent() async throws -> FramePeer { try await peers.next("a connection").get() }

  /// The next connection, its settings sent.
  func accept(_ settings: [(UInt16, UInt32)] = []) async throws -> FramePeer {
    let peer = try await acceptSilent()
    peer.send(.settings(settings), .settingsAck)
    return peer
  }
}

typealias Bytes = ByteBuffer

func method(_ kind: MethodKind) -> MethodDescriptor<Bytes, Bytes> {
  MethodDescriptor(
    service: "test.Bytes", method: "Any", kind: kind, requestCodec: BytesCodec(), responseCodec: BytesCodec())
}

/// Runs each test of a suite twice: with the connections of its channels on the channels' own loop, and on another.
struct OnEitherLoop: SuiteTrait, TestTrait, TestScoping {
  @TaskLocal static var isOther = false

  var isRecursive: Bool { true }

  func scopeProvider(for test: Test, testCase: Test.Case?) -> OnEitherLoop? { testCase == nil ? nil : self }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await function()
    try await OnEitherLoop.$isOther.withValue(true) { try await function() }
  }

  /// pick_first, as configured by the running test.
  static var policy: LoadBalancerFactory {
    guard isOther else { return { PickFirst($0) } }
    return { PickFirst($0, on: .otherThan($0.executor)) }
  }
}

extension Trait where Self == OnEitherLoop {
  static var onEitherLoop: Self { OnEitherLoop() }
}

extension LoopExecutor {
  /// Another of the shared threads.
  static func otherThan(_ executor: LoopExecutor) -> LoopExecutor {
    while true {
      let other = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
      if other !== executor { return other }
    }
  }
}

/// Runs `body` with a channel to a scripted server, then shuts the channel down.
func withScript<Result>(
  interceptors: [any ClientInterceptor] = [], configuration: ChannelConfiguration = ChannelConfiguration(),
  _ body: (RPCChannel, ScriptedServer) async throws -> Result
) async throws -> Result {
  let server = ScriptedServer()
  let configuration = configuration.patient
  let channel = RPCChannel(
    connector: server.connector, interceptors: interceptors, configuration: configuration, policy: OnEitherLoop.policy)
  do {
    let result = try await body(channel, server)
    await channel.shutdown(grace: .zero)
    return result
  } catch {
    await channel.shutdown(grace: .zero)
    throw error
  }
}

/// The beginning of a response that continues.
let answerHead = [(":status", "200"), ("content-type", "application/grpc")]

/// Its end.
func answerTrailers(_ code: Int, _ more: [(String, String)] = []) -> [(String, String)] {
  [("grpc-status", String(code))] + more
}

/// Responds to a call with one message.
func answer(_ peer: FramePeer, _ id: UInt32, _ payload: [UInt8] = [7]) {
  peer.send(
    .headers(id, answerHead), .data(id, grpcMessage(payload)), .headers(id, answerTrailers(0), endStream: true))
}

/// The error of a call, or an error that there was none.
func rpcError<Value>(_ result: Swift.Result<Value, any Error>) -> RPCError {
  switch result {
  case .success: RPCError(code: .ok, message: "expected an error")
  case .failure(let error): error as? RPCError ?? RPCError(code: .ok, message: "expected an RPCError, got \(error)")
  }
}

extension ChannelConfiguration {
  /// On a busy machine a scripted server may take long for its first frames.
  var patient: ChannelConfiguration {
    var patient = self
    if connectTimeout == ChannelConfiguration().connectTimeout { patient.connectTimeout = .seconds(600) }
    patient.connection.handshakeTimeout = max(connection.handshakeTimeout, .seconds(600))
    return patient
  }
}
