// `library serve`: runs the web site and, in front of it, the RPC server.
import ArgumentParser
import ExampleSupport
import Freshet

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the web site and the server in front of it.")

  @OptionGroup var listen: ListenOptions

  @Option(help: "The port of the web site on 127.0.0.1; 0 chooses a free one.")
  var webPort = 0

  @Option(help: "How many milliseconds the web site takes for a page, to see a stream arrive.")
  var pageDelay = 0

  func run() async throws {
    let site = BookSite(catalogue: Catalogue(count: 500), pageDelay: .milliseconds(pageDelay))
    try await site.run(port: webPort) { port in
      say("library: books at http://127.0.0.1:\(port)/books?page_size=20")
      let service = LibraryService(books: BookSiteClient(host: "127.0.0.1", port: port))
      try await listen.run(Server(services: [service]), name: "library")
    }
  }
}
