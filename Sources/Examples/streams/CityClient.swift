// The paged web API as one stream, in two ways: with explicit states, and with `paginate`, which has them built in.
import ExampleSupport
import Foundation
import Freshet
import FreshetStreams

struct CityClient: Sendable {
  let port: Int

  /// Fetches the first page, or the one for a token.
  func page(after token: String?) async throws -> CityPage {
    let query = token.map { "?after=\($0)" } ?? ""
    let response = try await HTTPRequest(host: "127.0.0.1", port: port, uri: "/cities" + query).get()
    guard let response, response.status == 200 else {
      throw RPCError(code: .unavailable, message: "GET /cities\(query) was answered with \(response?.status ?? 0)")
    }
    return try JSONDecoder().decode(CityPage.self, from: response.body)
  }

  /// The pages by `unfold`: the state determines the next page, and keeps "not begun" and "ended" apart.
  func pagesByHand() -> some AsyncSequence<CityPage, any Error> & Sendable {
    unfold(PageCursor.start) { cursor in
      let token: String?
      switch cursor {
      case .start: token = nil
      case .next(let next): token = next
      case .end: return nil
      }
      let page = try await page(after: token)
      cursor.receivePage(nextToken: page.next)
      return page
    }
  }

  /// All cities by `paginate`, which has the three states built in.
  func cities() -> Paginated<String, String, any Error> {
    paginate { token in
      let page = try await page(after: token)
      return Page(page.cities, nextToken: page.next)
    }
  }

  /// The classic mistake: one optional token for both "not begun" and "ended". The stream is empty.
  func pagesWithOneOptional() -> some AsyncSequence<CityPage, any Error> & Sendable {
    unfold(String?.none) { token in
      guard let current = token else { return nil }
      let page = try await page(after: current)
      token = page.next
      return page
    }
  }
}
