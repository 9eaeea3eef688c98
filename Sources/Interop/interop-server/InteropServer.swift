// `interop-server`: the server of gRPC's interoperability tests, with their usual flags.
import ArgumentParser
import ExampleSupport
import Freshet

@main
struct InteropServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-server",
    abstract: "The server of gRPC's interoperability tests.",
    discussion: "Serves grpc.testing.TestService and xds.service.orca.v3.OpenRcaService until SIGTERM or SIGINT.")

  @Option(help: "The address to listen on.")
  var host = "0.0.0.0"

  @Option(help: "The port to listen on; 0 chooses a free one.")
  var port: Int

  @OptionGroup var tls: TLSFlags

  func run() async throws {
    let load = ServerLoad()
    let server = Server(
      services: [TestService(load: load), LoadReportService(load: load)], interceptors: [EchoMetadata()])
    try await server.run(on: .tcp(host: host, port: port), tls: tls.configuration) { bound in
      say("interop-server: listening on \(bound)")
    }
  }
}
