// The servers of a run and the channels to them: over TCP with and without TLS, and in-process.
import Freshet
import Logging
import Synchronization
import TestSupport

final class Lanes: Sendable {
  private struct Key: Hashable {
    let transport: CallTransport, loop: Int, isIntercepted: Bool
  }

  private let running: Running
  private let sides: [Bool: Side]
  private let channels = Mutex<[Key: RPCChannel]>([:])

  /// A server, with or without interceptors, and its address.
  private struct Side: Sendable {
    let server: Server
    let plain: RunningServer, secure: RunningServer
    let trust: TLSConfiguration
  }

  private struct RunningServer: Sendable {
    let target: String
    let task: Task<Void, any Error>
  }

  init(_ running: Running) async throws {
    self.running = running
    let authority = TestAuthority(commonName: "stress CA")
    var sides: [Bool: Side] = [:]
    for isIntercepted in [false, true] { sides[isIntercepted] = try await Self.side(running, authority, isIntercepted) }
    self.sides = sides
  }

  private static func side(_ running: Running, _ authority: TestAuthority, _ isIntercepted: Bool) async throws -> Side {
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    configuration.eventLoopGroup = Loops.group
    configuration.logger = Logger(label: "stress") { _ in SwiftLogNoOpLogHandler() }
    // Calls are cancelled all the time.
    configuration.connection.floods.resetBurst = 1_000_000
    configuration.connection.floods.resetsPerSecond = 1_000_000
    let server = Server(
      services: [HandlerExecution.eventLoop, .globalPool].map { StressService(execution: $0, running: running) },
      interceptors: isIntercepted ? [StressServerInterceptor(running: running)] : [], configuration: configuration)
    let certificate = authority.issue(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"])
    let identity = TLSIdentity(
      certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM))
    return Side(
      server: server, plain: try await start(server, nil), secure: try await start(server, .server(identity: identity)),
      trust: .client(trustRoots: .certificates([.bytes(authority.certificatePEM)])))
  }

  private static func start(_ server: Server, _ tls: TLSConfiguration?) async throws -> RunningServer {
    let ready = Signal<BoundAddress>()
    let task = Task {
      do {
        try await server.run(on: .tcp(host: "127.0.0.1", port: 0), tls: tls) { ready.set($0) }
      } catch {
        ready.set(.failure(error))
        throw error
      }
    }
    return RunningServer(target: try await ready.value().target, task: task)
  }

  /// The channel for a call. A new one replaces an old one, which is released after its last call.
  func channel(for plan: CallPlan) -> RPCChannel {
    let key = Key(transport: plan.transport, loop: plan.channelLoop, isIntercepted: plan.isIntercepted)
    let known = plan.renewsChannel ? nil : channels.withLock { $0[key] }
    if let known { return known }
    let made = makeChannel(key)
    let replaced = channels.withLock { $0.updateValue(made, forKey: key) }
    _ = consume replaced
    return made
  }

  private func makeChannel(_ key: Key) -> RPCChannel {
    guard let side = sides[key.isIntercepted] else { preconditionFailure("there are two sides") }
    var configuration = ChannelConfiguration()
    configuration.eventLoopGroup = Loops.all[key.loop].loop
    let interceptors = key.isIntercepted ? [StressClientInterceptor(running: running)] : []
    return switch key.transport {
    case .h2c: RPCChannel(side.plain.target, interceptors: interceptors, configuration: configuration)
    case .tls: RPCChannel(side.secure.target, tls: side.trust, interceptors: interceptors, configuration: configuration)
    case .inProcess: side.server.inProcessChannel(interceptors: interceptors, configuration: configuration)
    }
  }

  /// Called after all calls have ended.
  func shutDown() async throws {
    for channel in channels.withLock({ Array($0.values) }) { await channel.shutdown() }
    for side in sides.values {
      for server in [side.plain, side.secure] {
        server.task.cancel()
        try await server.task.value
      }
      await side.server.drain()
    }
  }
}
