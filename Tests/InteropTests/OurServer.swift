// Our server with the echo service, for the duration of a test.
import Freshet
import TestSupport

struct OurServer: Sendable {
  let board: CallBoard
  /// In gRPC's notation, as Python's channels take it.
  let target: String
  private let stopping: Signal<Void>
  private let running: Task<Void, any Error>

  /// - Parameter services: nil serves the echo service.
  static func start(
    _ security: Security, _ credentials: Credentials, unixPath: String,
    configuration: ServerConfiguration = ServerConfiguration(), services: [any RPCService]? = nil
  ) async throws -> OurServer {
    let board = CallBoard()
    let stopping = Signal<Void>()
    let ready = Signal<BoundAddress>()
    let address = security == .unix ? ListenAddress.unix(path: unixPath) : .tcp(host: "127.0.0.1", port: 0)
    let tls = credentials.serverConfiguration(security)
    let running = Task {
      do {
        let services = services ?? [EchoService(board: board)]
        try await withServer(services, on: address, tls: tls, configuration: configuration) {
          ready.set($0)
          try await stopping.value()
        }
      } catch {
        ready.set(.failure(error))
        throw error
      }
    }
    let bound = try await ready.value()
    let target = bound.path.map { "unix:\($0)" } ?? "127.0.0.1:\(bound.port)"
    return OurServer(board: board, target: target, stopping: stopping, running: running)
  }

  private init(board: CallBoard, target: String, stopping: Signal<Void>, running: Task<Void, any Error>) {
    self.board = board
    self.target = target
    self.stopping = stopping
    self.running = running
  }

  /// Starts a graceful shutdown: refuses new calls, lets running ones end.
  func beginStopping() { stopping.set() }

  /// Stops, and returns when the last handler has ended.
  func stop() async throws {
    beginStopping()
    try await running.value
  }
}
