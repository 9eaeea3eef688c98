// `library`: a paged web API, read as one unbroken stream and served on as one.
import ArgumentParser

@main
struct LibraryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "library",
    abstract: "Books out of a paged web API, as one stream.",
    discussion: """
      `serve` runs two servers. One is a web site that hands out books in pages, each with a token for the next one. \
      The other reads that site, page after page, and streams the books to its callers, who never hear of pages.
      """,
    subcommands: [Serve.self, List.self, Get.self]
  )
}
