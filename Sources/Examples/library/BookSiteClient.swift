// Reads the web site: one book, one page, or all pages as a stream.
import ExampleSupport
import Foundation
import Freshet

struct BookSiteClient: Sendable {
  let host: String
  let port: Int

  /// All books, in pages of this size, each fetched when the previous one has been drained.
  func books(by author: String, pageSize: Int) -> Paginated<Book, String, any Error> {
    paginate { token in
      let page = try await page(by: author, pageSize: pageSize, after: token)
      return Page(page.books, nextToken: page.nextPageToken)
    }
  }

  /// One page: the first, or the one for a token.
  func page(by author: String, pageSize: Int, after token: String?) async throws -> BookPage {
    var query = ["page_size": String(pageSize)]
    if !author.isEmpty { query["author"] = author }
    query["page_token"] = token
    guard let page = try await get(BookPage.self, "/books", query) else {
      throw RPCError(code: .unavailable, message: "\(host):\(port) has no /books")
    }
    return page
  }

  /// The book with this ISBN, or nil if there is none.
  func book(isbn: String) async throws -> Book? {
    try await get(Book.self, "/books/\(isbn)")
  }

  /// The value at a path, or nil if the site says that there is none.
  private func get<Value: Decodable>(
    _ type: Value.Type, _ path: String, _ query: [String: String] = [:]
  ) async throws -> Value? {
    var url = URLComponents()
    url.path = path
    url.queryItems = query.isEmpty ? nil : query.map { URLQueryItem(name: $0.key, value: $0.value) }
    let uri = url.string ?? path
    let attempt = "GET http://\(host):\(port)\(uri)"
    do {
      let response = try await HTTPRequest(host: host, port: port, uri: uri).get()
      switch response?.status {
      case 200: return try response.map { try JSONDecoder().decode(type, from: $0.body) }
      case 404: return nil
      case let status?: throw RPCError(code: .unavailable, message: "\(attempt) was answered with \(status)")
      case nil: throw RPCError(code: .unavailable, message: "\(attempt): the connection closed before the answer's end")
      }
    } catch let error as RPCError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw RPCError(code: .unavailable, message: "\(attempt) failed", cause: error)
    }
  }
}
