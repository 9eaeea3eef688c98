// The server's half of library: pages come in, a stream of books goes out.
import Freshet
import LibraryStubs

struct LibraryService: Library_V1_Library.Service {
  let books: BookSiteClient

  func listBooks(
    _ request: Library_V1_ListBooksRequest, context: ServerContext
  ) throws -> MessageStream<Library_V1_Book> {
    guard request.pageSize >= 0 else {
      throw RPCError(code: .invalidArgument, message: "page_size is \(request.pageSize), and must not be negative")
    }
    let books = books.books(by: request.author, pageSize: request.pageSize == 0 ? 20 : Int(request.pageSize))
    return MessageStream(books.map { Library_V1_Book($0) })
  }

  func getBook(_ request: Library_V1_GetBookRequest, context: ServerContext) async throws -> Library_V1_Book {
    let isbn = request.isbn.filter { $0 != "-" }
    guard let book = try await books.book(isbn: isbn) else {
      throw RPCError(code: .notFound, message: "no book has the ISBN \"\(request.isbn)\"")
    }
    return Library_V1_Book(book)
  }
}

extension Library_V1_Book {
  fileprivate init(_ book: Book) {
    self.init()
    title = book.title
    author = book.author
    year = Int32(book.year)
    isbn = book.isbn
  }
}
