// `freshet-bench server`: prints its port and serves until it is stopped.
import ArgumentParser
import BenchReport
import Freshet
import FreshetWeb
import NIOPosix

struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "server", abstract: "Serve on 127.0.0.1.")

  @Argument(help: "The port; 0 takes any that is free.")
  var port: Int

  @Argument(help: "The certificate chain, a PEM file; without one the server speaks plaintext.")
  var certificate: String?

  @Argument(help: "The certificate's private key, a PEM file.")
  var key: String?

  @Flag(help: "Serve gRPC-Web, Connect and WebSockets as well.")
  var web = false

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("A certificate and its key go together.")
    }
  }

  func run() async throws {
    var configuration = ServerConfiguration()
    // Like all peers: one thread, for one core.
    configuration.eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let services = [BenchService()]
    let server =
      web
      ? Server(services: services, configuration: configuration, web: .bench)
      : Server(services: services, configuration: configuration)
    try await server.run(on: .tcp(host: "127.0.0.1", port: port), tls: tls) { bound in
      printLine(#"{"listening": \#(bound.port)}"#)
    }
  }

  private var tls: TLSConfiguration? {
    guard let certificate, let key else { return nil }
    return .server(identity: TLSIdentity(certificateChain: .file(certificate), privateKey: .file(key)))
  }
}
