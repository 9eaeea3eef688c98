// The client's half of library: `list` prints books as they arrive, `get` looks one up.
import ArgumentParser
import ExampleSupport
import Freshet
import LibraryStubs

struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print books as they arrive.",
    discussion: "On a terminal, a line below the books shows how many have arrived."
  )

  @OptionGroup var connect: ConnectOptions

  @Option(help: "Only the books of this author.")
  var author = ""

  @Option(help: "How many books the server reads from the web site at a time.")
  var pageSize: Int32 = 20

  @Option(help: "Stop after this many books. The server then reads no further page.")
  var limit = Int.max

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit must not be negative.") }
  }

  func run() async throws {
    try await connect.withChannel { channel in
      let library = Library_V1_Library.Client(channel)
      let request = Library_V1_ListBooksRequest.with {
        $0.author = author
        $0.pageSize = pageSize
      }
      let progress = ProgressLine()
      var count = 0
      for try await book in library.listBooks(request).prefix(limit) {
        count += 1
        progress.print(book.line, below: "\(count) books so far …")
      }
      progress.finish("\(count) books")
    }
  }
}

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Look up one book.")

  @OptionGroup var connect: ConnectOptions
  @Argument(help: "The book's ISBN, with or without hyphens.") var isbn: String

  func run() async throws {
    try await connect.withChannel { channel in
      let library = Library_V1_Library.Client(channel)
      let book = try await library.getBook(.with { $0.isbn = isbn })
      say(book.line)
    }
  }
}

extension Library_V1_Book {
  fileprivate var line: String {
    "\(isbn)  \(year)  \(author): \(title)"
  }
}
