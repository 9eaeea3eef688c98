// A server in a ServiceLifecycle group whose signal is SIGTERM, for `TerminationTests`: written like a user's program.
import EchoStubs
import Foundation
import Freshet
import Logging
import ServiceLifecycle
import UnixSignals

@main struct StoppableServer {
  static func main() async throws {
    var configuration = ServerConfiguration()
    configuration.logger = Logger(label: "server") { StreamLogHandler.standardOutput(label: $0) }
    configuration.handlerExecution = CommandLine.arguments.contains("--global-pool") ? .globalPool : .automatic
    // Longer than a test waits: handlers must end by themselves.
    configuration.drainTimeout = .seconds(3600)
    let server = Server(services: [EndlessEcho()], configuration: configuration)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [server.service(on: .tcp(host: "127.0.0.1", port: 0))], gracefulShutdownSignals: [.sigterm],
        logger: configuration.logger))
    try await group.run()
  }
}

/// Endless methods, each of which ends in a different way when the server stops.
struct EndlessEcho: Echo_V1_Echo.Service {
  /// A request that says "wait" is answered when the server stops, others at once.
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message {
    if request.text == "wait" {
      context.logger.info("waits")
      await context.waitForDrain()
    }
    return request
  }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in
      try await yield(request)
      try await gracefulShutdown()
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    context.logger.info("waits")
    var last = Echo_V1_Message()
    for try await request in requests.cancelOnGracefulShutdown() { last = request }
    return last
  }

  func update(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests.cancelOnGracefulShutdown())
  }
}
