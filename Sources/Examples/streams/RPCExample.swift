// `streams rpc`: the paged web API behind a server-streaming method, whose client sees no pages.
import ArgumentParser
import EchoStubs
import ExampleSupport
import Freshet

struct RPCExample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpc", abstract: "Stream a paged web API to an RPC client.")

  func run() async throws {
    try await CitySite().run { site in
      let server = Server(services: [CityService(site: site)])
      let echo = Echo_V1_Echo.Client(server.inProcessChannel())
      for try await city in echo.expand(.with { $0.text = "a" }) { say(city.text) }
    }
  }
}

/// Answers `Expand` with the cities whose names contain the text.
struct CityService: Echo_V1_Echo.Service {
  let site: CityClient

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream(
      site.cities()
        .filter { $0.lowercased().contains(request.text) }
        .map { city in .with { $0.text = city } })
  }

  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message { request }

  func collect(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) async throws -> Echo_V1_Message {
    try await requests.last() ?? Echo_V1_Message()
  }

  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests.mapConcurrent(limit: 4) { request in request })
  }
}
