// The web site, read over HTTP: pages as a stream, single books, and what goes wrong.
import Freshet
import Testing

@testable import library

@Suite struct BookSiteClientTests {
  @Test func `All pages make one stream of all books`() async throws {
    try await withSite { books in
      let all = books.books(by: "", pageSize: 20)
      let (pages, titles) = (try await all.pages.count(), try await all.count())
      #expect(pages == 25)
      #expect(titles == 500)
    }
  }

  @Test func `Empty pages are skipped, not taken for the end`() async throws {
    let expected = Catalogue(count: 500).page(by: "Ines Corvane", size: 100, token: "")?.books ?? []
    try await withSite { books in
      let found = try await books.books(by: "Ines Corvane", pageSize: 3).collect(upTo: 500)
      #expect(found.starts(with: expected))
      #expect(found.allSatisfy { $0.author == "Ines Corvane" })
    }
  }

  @Test func `A book is found by its ISBN, and an unknown ISBN finds none`() async throws {
    try await withSite { books in
      let first = try #require(try await books.page(by: "", pageSize: 1, after: nil).books.first)
      #expect(try await books.book(isbn: first.isbn) == first)
      #expect(try await books.book(isbn: "1") == nil)
    }
  }

  @Test func `An unknown token is UNAVAILABLE, with the request and the response`() async throws {
    try await withSite { books in
      let error = try await #require(throws: RPCError.self) {
        _ = try await books.page(by: "", pageSize: 5, after: "nonsense")
      }
      #expect(error.code == .unavailable)
      #expect(error.message.contains("page_token=nonsense"))
      #expect(error.message.contains("400"))
    }
  }

  @Test func `A site that is gone is UNAVAILABLE, with its address`() async throws {
    let error = try await #require(throws: RPCError.self) {
      _ = try await BookSiteClient(host: "127.0.0.1", port: 1).book(isbn: "1")
    }
    #expect(error.code == .unavailable)
    #expect(error.message.contains("127.0.0.1:1/books/1"))
  }

  private func withSite(_ body: @Sendable (BookSiteClient) async throws -> Void) async throws {
    try await BookSite(catalogue: Catalogue(count: 500), pageDelay: .zero).run(port: 0) { port in
      try await body(BookSiteClient(host: "127.0.0.1", port: port))
    }
  }
}
