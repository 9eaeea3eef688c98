// `streams pages`: a paged web API, read as one stream.
import ArgumentParser
import ExampleSupport
import Freshet

struct PagesExample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pages", abstract: "Read a local paged web API as one stream.")

  func run() async throws {
    try await CitySite().run { client in
      for try await page in client.pagesByHand() {
        say("a page: \(page.cities.joined(separator: ", "))\(page.next.map { " – next is \($0)" } ?? "")")
      }
      for try await city in client.cities() { say(city) }

      var first = client.cities().makeAsyncIterator()
      for _ in 0..<4 { _ = try await first.next() }
      say("a reader that stopped can resume at the page of \(first.token ?? "the beginning")")
    }
  }
}
