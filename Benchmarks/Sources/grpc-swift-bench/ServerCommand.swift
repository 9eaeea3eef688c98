// `grpc-swift-bench server`: prints its port and serves until it is stopped.
import ArgumentParser
import BenchReport
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOPosix

struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "server", abstract: "Serve on 127.0.0.1.")

  @Argument(help: "The port; 0 takes any that is free.")
  var port: Int

  @Argument(help: "The certificate chain, a PEM file; without one the server speaks plaintext.")
  var certificate: String?

  @Argument(help: "The certificate's private key, a PEM file.")
  var key: String?

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("A certificate and its key go together.")
    }
  }

  func run() async throws {
    let server = GRPCServer(
      transport: .http2NIOPosix(
        address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: security,
        // Like all peers: one thread, for one core. Handlers always run in the global pool.
        eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1)),
      services: [BenchService()])
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { try await server.serve() }
      if let bound = try await server.listeningAddress?.ipv4 { printLine(#"{"listening": \#(bound.port)}"#) }
    }
  }

  private var security: HTTP2ServerTransport.Posix.TransportSecurity {
    guard let certificate, let key else { return .plaintext }
    return .tls(
      certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: key, format: .pem))
  }
}
