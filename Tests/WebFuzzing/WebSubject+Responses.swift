// What a client reads: responses in HTTP/1.1, and their bodies in each protocol.
import FreshetClient
import FreshetCore
import FreshetHTTP
import FreshetHTTP1
import FreshetTransport
import FreshetWeb
import NIOCore

extension WebSubject {
  static let http1Response = WebSubject(
    name: "HTTP/1.1 response",
    samples: bytes(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabcHTTP/1.1 204 No\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nx: y\r\n\r\n",
      "HTTP/1.0 404 Not Found\r\nConnection: close, x\r\n\r\nuntil the end"),
    words: [
      "\r", "\n", "\r\n", "\r\n\r\n", ":", " ", "\t", "0\r\n\r\n", "f", "content-length: ",
      "transfer-encoding: chunked",
      "HTTP/1.1 ", "HTTP/1.0", "101", "304", "-1", "99999999999999999999", "\0", "\u{FF}", ";",
      "connection: keep-alive",
    ]
  ) { input, mutator in
    compare(input, &mutator) { pieces in
      var parser = HTTP1ResponseParser(maxHeaderBytes: 200, maxFields: 5), events: [[UInt8]] = [], body: [UInt8] = []
      do {
        for piece in pieces {
          try piece.withUnsafeBytes { bytes in
            var rest = bytes
            while let event = try parser.next(&rest) {
              switch event {
              case .head(let head): events.append(Array("\(head.status) \(head.keepsAlive) \(head.fields.count)".utf8))
              case .body(let part): body += part
              case .end:
                events.append(body)
                body = []
              }
            }
          }
        }
      } catch { return nil }
      return events + [body]
    }
  }

  static let grpcWebResponse = response(
    "gRPC-Web response", .unary, GRPCWebClientWire(isText: false), "application/grpc-web+proto",
    [
      [0, 0, 0, 0, 2, 65, 66, 0x80, 0, 0, 0, 16] + Array("grpc-status: 0\r\n".utf8),
      [0x80, 0, 0, 0, 31] + Array("grpc-status: 5\r\nx-bin: AQ\r\n\r\nx:".utf8),
    ])
  static let connectStreamResponse = response(
    "Connect stream response", .serverStreaming, ConnectClientWire(usesGET: false), "application/connect+proto",
    [
      [0, 0, 0, 0, 2, 65, 66, 2, 0, 0, 0, 2] + Array("{}".utf8),
      [2, 0, 0, 0, 30] + Array(#"{"error":{"code":"not_found"}}"#.utf8),
      [2, 0, 0, 0, 24] + Array(#"{"metadata":{"a":["b"]}}"#.utf8),
    ])

  /// A body, which means the same however it is cut; a response without a status is refused.
  private static func response(
    _ name: String, _ kind: MethodKind, _ wire: any ClientWire, _ type: String, _ samples: [[UInt8]]
  ) -> WebSubject {
    WebSubject(
      name: name, samples: samples,
      words: [
        "\0", "\u{1}", "\u{2}", "\u{80}", "\0\0\0\0\0", "\0\0\0\u{1}", "grpc-status: 0\r\n", "{", "}", "\"error\"",
        "null",
      ]
    ) { input, mutator in
      compare(input, &mutator) { pieces in
        let form = wire.responseForm(
          WireRequest(path: "/a.B/C", kind: kind, format: "proto", maxReceiveMessageBytes: 100))
        let start = form.receiveHead([":status": "200", "content-type": type], endStream: false)
        guard case .begins = start else { return [] }
        var messages = ByteBuffer()
        do {
          for piece in pieces {
            try piece.withUnsafeBytes { try form.take($0, into: &messages) }
          }
          try form.finish(into: &messages)
        } catch { return nil }
        let end = form.end()
        if let error = end.error, error.origin == .local || error.code == .internal { return nil }
        return [Array(buffer: messages), Array("\(end.error?.code.rawValue ?? 0) \(end.trailers.count)".utf8)]
      }
    }
  }
}
