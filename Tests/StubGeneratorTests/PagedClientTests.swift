// A client's streams of a paged method, with a service that counts requests.
import Freshet
import TestSupport
import Testing

@testable import GoldenStubs

@Suite(.timeLimit(.minutes(1))) struct PagedClientTests {
  private typealias Library = Golden_Paged_Library
  private typealias Request = Golden_Paged_ListBooksRequest

  /// Five books in pages of two; the second page is empty.
  private static let pages: [String: (titles: [String], next: String)] = [
    "": (["a", "b"], "empty"), "empty": ([], "more"), "more": (["c", "d"], "last"), "last": (["e"], ""),
  ]

  private static let request = Request.with {
    $0.pageSize = 2
    $0.author = "Ann"
  }

  private func withLibrary(_ body: (Library.Client, Log<Request>) async throws -> Void) async throws {
    let asked = Log<Request>()
    let library = Library.Client(
      inProcess: Library.Fake(listBooks: { request, _ in
        asked.append(request)
        guard let page = Self.pages[request.pageToken] else {
          throw RPCError(code: .invalidArgument, message: "no page “\(request.pageToken)”")
        }
        return .with {
          $0.class = page.titles.map { title in .with { $0.title = title } }
          $0.nextPageToken = page.next
          $0.totalSize = 5
        }
      }))
    try await body(library, asked)
    await library.channel.shutdown()
  }

  @Test func `all items arrive, pages are fetched when the previous one is drained, and no other field changes`()
    async throws
  {
    try await withLibrary { library, asked in
      let books = library.listBooksItems_(Self.request)
      #expect(asked.values.isEmpty)
      var titles: [String] = []
      var fetched: [Int] = []
      for try await book in books {
        titles.append(book.title)
        fetched.append(asked.values.count)
      }
      #expect(titles == ["a", "b", "c", "d", "e"])
      #expect(fetched == [1, 1, 3, 3, 4])
      #expect(asked.values.map(\.pageToken) == ["", "empty", "more", "last"])
      #expect(asked.values.allSatisfy { $0.author == "Ann" && $0.pageSize == 2 })
    }
  }

  @Test func `whole responses come page by page, including the empty one`() async throws {
    try await withLibrary { library, _ in
      var counts: [Int] = []
      for try await page in library.listBooksPages(Self.request) {
        #expect(page.totalSize == 5)
        counts.append(page.class.count)
      }
      #expect(counts == [2, 0, 2, 1])
    }
  }

  @Test func `a stream resumes where another one stopped`() async throws {
    try await withLibrary { library, _ in
      var first = library.listBooksItems_(Self.request).makeAsyncIterator()
      for title in ["a", "b", "c"] { #expect(try await first.next()?.title == title) }
      let token = try #require(first.token)
      var rest: [String] = []
      var request = Self.request
      request.pageToken = token
      for try await book in library.listBooksItems_(request) { rest.append(book.title) }
      #expect(rest == ["c", "d", "e"])
    }
  }

  @Test func `an error is the call's own`() async throws {
    try await withLibrary { library, _ async throws in
      var books = library.listBooksItems_(.with { $0.pageToken = "nowhere" }).makeAsyncIterator()
      do throws(RPCError) {
        _ = try await books.next()
        Issue.record("no error")
      } catch {
        #expect(error.code == .invalidArgument && error.message.contains("nowhere"))
      }
      let afterwards = try await books.next()
      #expect(afterwards == nil)
    }
  }
}
