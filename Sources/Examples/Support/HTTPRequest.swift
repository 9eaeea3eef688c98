// One HTTP GET, on a connection of its own.
package import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

package struct HTTPRequest: Sendable {
  let host: String
  let port: Int
  /// The path and the query, escaped as for a URL.
  let uri: String

  package init(host: String, port: Int, uri: String) {
    self.host = host
    self.port = port
    self.uri = uri
  }

  package struct Response: Sendable {
    package var status: Int
    package var body = Data()
  }

  /// Sends the request and reads the response to its end. Nil if the connection closed before that.
  package func get() async throws -> Response? {
    let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await connection.executeThenClose { parts, request in
      let headers: HTTPHeaders = ["host": "\(host):\(port)", "accept": "application/json", "connection": "close"]
      try await request.write(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: headers)))
      try await request.write(.end(nil))
      return try await response(from: parts)
    }
  }

  private func response(from parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> Response? {
    var response: Response?
    for try await part in parts {
      switch part {
      case .head(let head): response = Response(status: Int(head.status.code))
      case .body(let bytes): response?.body.append(contentsOf: bytes.readableBytesView)
      case .end: return response
      }
    }
    return nil
  }
}
