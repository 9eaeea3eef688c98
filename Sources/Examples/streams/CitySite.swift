// A web API that returns cities in pages, each with a token for the next one.
//
//   GET /cities?after=TOKEN   {"cities": […], "next": "TOKEN"}
import ExampleSupport
import Foundation

/// One response of the site; without `next` it is the last.
struct CityPage: Codable, Equatable, Sendable {
  var cities: [String]
  var next: String?
}

struct CitySite: Sendable {
  static let cities = ["Almaty", "Bergen", "Cusco", "Dakar", "Esfahan", "Fukuoka", "Ghent", "Hobart"]

  /// The pages by token. One is empty and still not the last, as filtering on a server causes.
  private static let pages: [String: CityPage] = [
    "": CityPage(cities: Array(cities[0..<3]), next: "c3"), "c3": CityPage(cities: [], next: "c3b"),
    "c3b": CityPage(cities: Array(cities[3..<6]), next: "c6"), "c6": CityPage(cities: Array(cities[6...])),
  ]

  /// Serves on a free port of 127.0.0.1 while the body runs.
  func run(_ body: @Sendable (CityClient) async throws -> Void) async throws {
    try await HTTPSite { uri in answer(to: uri) }.run(port: 0) { port in try await body(CityClient(port: port)) }
  }

  private func answer(to uri: String) -> HTTPSite.Answer {
    let token = URLComponents(string: uri)?.queryItems?.first { $0.name == "after" }?.value ?? ""
    guard let page = Self.pages[token], let json = try? JSONEncoder().encode(page) else {
      return (404, Data("{}".utf8))
    }
    return (200, json)
  }
}
