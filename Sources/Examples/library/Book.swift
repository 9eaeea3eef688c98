// The web site's JSON: books, and pages of books.

struct Book: Codable, Hashable, Sendable {
  var title: String
  var author: String
  var year: Int
  var isbn: String
}

/// Some books, and where to continue. A page may be empty and still not be the last; only one without a token is.
struct BookPage: Codable, Sendable {
  var books: [Book]
  var nextPageToken: String?

  enum CodingKeys: String, CodingKey {
    case books
    case nextPageToken = "next_page_token"
  }
}
