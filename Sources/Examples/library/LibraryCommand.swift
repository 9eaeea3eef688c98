// `library`: a paged web API, read as one continuous stream and served as one.
import ArgumentParser

@main
struct LibraryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "library",
    abstract: "Books from a paged web API, as one stream.",
    discussion: """
      `serve` runs two servers. One is a web site that hands out books in pages, each with a token for the next one. \
      The other reads that site, page after page, and streams the books to its callers, who never hear of pages.
      """,
    subcommands: [Serve.self, List.self, Get.self]
  )
}
