// A small web site: an HTTP/1.1 server on this machine, for the programs that read it.
package import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

package struct HTTPSite: Sendable {
  /// A status, and JSON.
  package typealias Answer = (status: Int, body: Data)
  /// Handles a GET for a path with its query.
  package typealias Answering = @Sendable (_ uri: String) async -> Answer

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  private let answer: Answering

  package init(answer: @escaping Answering) { self.answer = answer }

  /// Serves on a port of 127.0.0.1 while the body runs, which is passed the port.
  package func run(port: Int, _ body: @Sendable (Int) async throws -> Void) async throws {
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

  /// Handles the requests of one connection. A broken connection does not affect others.
  private func serve(_ connection: Connection) async {
    try? await connection.executeThenClose { requests, responses in
      for try await case .head(let request) in requests {
        let (status, body) = request.method == .GET ? await answer(request.uri) : (405, Data("{}".utf8))
        let headers: HTTPHeaders = ["content-type": "application/json", "content-length": "\(body.count)"]
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        try await responses.write(.head(head))
        try await responses.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        try await responses.write(.end(nil))
      }
    }
  }
}
