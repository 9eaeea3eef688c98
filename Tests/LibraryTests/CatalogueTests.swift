// The invented books, and their pages.
import Testing

@testable import library

@Suite struct CatalogueTests {
  let catalogue = Catalogue(count: 500)

  @Test func `The books are always the same, oldest first, with distinct ISBNs`() throws {
    let books = try allBooks(by: "", size: 100)
    #expect(books == (try allBooks(by: "", size: 100, of: Catalogue(count: 500))))
    #expect(books.map(\.year) == books.map(\.year).sorted())
    #expect(Set(books.map(\.isbn)).count == 500)
  }

  @Test func `An ISBN's weighted digits add up to a multiple of ten`() throws {
    for book in try allBooks(by: "", size: 100) {
      let digits = book.isbn.compactMap(\.wholeNumberValue)
      #expect(digits.count == 13)
      #expect(digits.enumerated().map { $1 * ($0.isMultiple(of: 2) ? 1 : 3) }.reduce(0, +).isMultiple(of: 10))
    }
  }

  @Test(arguments: [1, 3, 20, 99, 100, 5000])
  func `Any page size gives all books`(_ size: Int) throws {
    #expect(try allBooks(by: "", size: size).count == 500)
  }

  @Test func `A page of an author may be empty and not be the last`() throws {
    let author = "Ada Marsh"
    let first = try #require(catalogue.page(by: author, size: 1, token: ""))
    let pages = sequence(first: first) { page in
      page.nextPageToken.flatMap { catalogue.page(by: author, size: 1, token: $0) }
    }
    #expect(pages.contains { $0.books.isEmpty && $0.nextPageToken != nil })
    #expect(try allBooks(by: author, size: 1) == (try allBooks(by: "", size: 100).filter { $0.author == author }))
  }

  @Test(arguments: [(0, ""), (-1, ""), (10, "no such token")])
  func `There is no page of size zero, and none after an unknown token`(_ size: Int, _ token: String) {
    #expect(catalogue.page(by: "", size: size, token: token) == nil)
  }

  private func allBooks(by author: String, size: Int, of other: Catalogue? = nil) throws -> [Book] {
    let catalogue = other ?? catalogue
    var books: [Book] = []
    var token = ""
    repeat {
      let page = try #require(catalogue.page(by: author, size: size, token: token))
      books += page.books
      token = page.nextPageToken ?? ""
    } while !token.isEmpty
    return books
  }
}
