// The web site: an HTTP/1.1 server that hands out the catalogue in pages.
//
//   GET /books?author=…&page_size=N&page_token=T   {"books": […], "next_page_token": "…"}
//   GET /books/ISBN                                {"title": …, "author": …, "year": …, "isbn": …}
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

struct BookSite: Sendable {
  let catalogue: Catalogue
  /// How long the site takes to answer.
  let pageDelay: Duration

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// Serves on a port of 127.0.0.1 for as long as the body runs, which is given the port.
  func run(port: Int, _ body: @Sendable (Int) async throws -> Void) async throws {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
    let boundPort = listener.channel.localAddress?.port ?? port
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await accept(listener) }
      try await body(boundPort)
      group.cancelAll()
    }
  }

  private func accept(_ listener: NIOAsyncChannel<Connection, Never>) async throws {
    try await listener.executeThenClose { connections in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in connections {
          group.addTask { await serve(connection) }
        }
      }
    }
  }

  /// Answers the requests of one connection. A connection that breaks concerns nobody else.
  private func serve(_ connection: Connection) async {
    try? await connection.executeThenClose { requests, responses in
      for try await case .head(let request) in requests {
        let (status, body) = await answer(to: request)
        let headers: HTTPHeaders = ["content-type": "application/json", "content-length": "\(body.count)"]
        try await responses.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        try await responses.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        try await responses.write(.end(nil))
      }
    }
  }

  private func answer(to request: HTTPRequestHead) async -> (HTTPResponseStatus, Data) {
    guard request.method == .GET, let url = URLComponents(string: request.uri) else {
      return (.badRequest, json(["error": "only GET is known here"]))
    }
    let path = url.path.split(separator: "/")
    switch (path.first, path.count) {
    case ("books", 1): return await page(url.queryItems ?? [])
    case ("books", 2): return book(isbn: String(path[1]))
    default: return (.notFound, json(["error": "nothing is at \(url.path)"]))
    }
  }

  private func page(_ query: [URLQueryItem]) async -> (HTTPResponseStatus, Data) {
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    let size = value("page_size").flatMap { Int($0) } ?? 20
    guard let page = catalogue.page(by: value("author") ?? "", size: size, token: value("page_token") ?? "") else {
      return (.badRequest, json(["error": "page_size must be 1 or more, and page_token one that was given out"]))
    }
    try? await Task.sleep(for: pageDelay)
    return (.ok, json(page))
  }

  private func book(isbn: String) -> (HTTPResponseStatus, Data) {
    guard let book = catalogue.book(isbn: isbn) else { return (.notFound, json(["error": "no book has this ISBN"])) }
    return (.ok, json(book))
  }

  private func json(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)) ?? Data("{}".utf8)
  }
}
