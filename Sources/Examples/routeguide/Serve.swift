// `routeguide serve`: runs the server.
import ArgumentParser
import ExampleSupport
import Freshet

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the server.")

  @OptionGroup var listen: ListenOptions

  func run() async throws {
    try await listen.run(Server(services: [RouteGuideService()]), name: "routeguide")
  }
}
