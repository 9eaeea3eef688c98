// The web site: an HTTP/1.1 server that returns the catalogue in pages.
//
//   GET /books?author=…&page_size=N&page_token=T   {"books": […], "next_page_token": "…"}
//   GET /books/ISBN                                {"title": …, "author": …, "year": …, "isbn": …}
import ExampleSupport
import Foundation

struct BookSite: Sendable {
  let catalogue: Catalogue
  /// How long the site takes to respond.
  let pageDelay: Duration

  /// Serves on a port of 127.0.0.1 while the body runs, which is passed the port.
  func run(port: Int, _ body: @Sendable (Int) async throws -> Void) async throws {
    try await HTTPSite { uri in await answer(to: uri) }.run(port: port, body)
  }

  private func answer(to uri: String) async -> HTTPSite.Answer {
    guard let url = URLComponents(string: uri) else { return (400, json(["error": "\(uri) is no path"])) }
    let path = url.path.split(separator: "/")
    switch (path.first, path.count) {
    case ("books", 1): return await page(url.queryItems ?? [])
    case ("books", 2): return book(isbn: String(path[1]))
    default: return (404, json(["error": "nothing is at \(url.path)"]))
    }
  }

  private func page(_ query: [URLQueryItem]) async -> HTTPSite.Answer {
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    let size = value("page_size").flatMap { Int($0) } ?? 20
    guard let page = catalogue.page(by: value("author") ?? "", size: size, token: value("page_token") ?? "") else {
      return (400, json(["error": "page_size must be 1 or more, and page_token one that was given out"]))
    }
    try? await Task.sleep(for: pageDelay)
    return (200, json(page))
  }

  private func book(isbn: String) -> HTTPSite.Answer {
    guard let book = catalogue.book(isbn: isbn) else { return (404, json(["error": "no book has this ISBN"])) }
    return (200, json(book))
  }

  private func json(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)) ?? Data("{}".utf8)
  }
}
