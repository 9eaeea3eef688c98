// Each wire from a damaged head to its end: what is refused has an answer, and bodies are the same however they are cut.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport
import FreshetWeb
import Fuzzing
import NIOCore

extension WebSubject {
  static let wires = [
    wire("grpc-web", "POST /a.B/Get", "content-type: application/grpc-web+proto\ngrpc-timeout: 1S"),
    wire("grpc-web-text", "POST /a.B/Expand", "content-type: application/grpc-web-text\ngrpc-accept-encoding: gzip"),
    wire("connect", "POST /a.B/Get", "content-type: application/json\nconnect-timeout-ms: 5\ncontent-encoding: gzip"),
    wire("connect-get", "GET /a.B/Get?connect=v1&encoding=json&message=%7B%7D", "accept-encoding: gzip, br;q=0"),
    wire("connect stream", "POST /a.B/Expand", "content-type: application/connect+proto\nconnect-protocol-version: 1"),
    wire("route", "PUT /files/a%20b?c", "content-type: text/plain\norigin: https://b.example"),
  ]

  static let reader = WebReader(
    WebConfiguration {
      $0.cors.origins = ["https://b.example"]
      $0.http("PUT", "/files/{path...}") { _ in HTTPResponse("ok") }
    })

  static let router: Router = {
    func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor<ByteBuffer, ByteBuffer> {
      MethodDescriptor(
        service: "a.B", method: name, kind: kind, idempotency: .noSideEffects, requestCodec: BytesCodec(name: "proto"),
        responseCodec: BytesCodec(name: "proto"),
        otherFormats: [MethodFormat(requestCodec: BytesCodec(name: "json"), responseCodec: BytesCodec(name: "json"))])
    }
    return Router(
      [
        BytesService(methodHandlers: [
          .unary(method("Get", .unary)) { request, _ in request },
          .serverStreaming(method("Expand", .serverStreaming)) { _, _ in MessageStream { _ in } },
        ])
      ], execution: .automatic)
  }()

  private static func wire(_ name: String, _ line: String, _ fields: String) -> WebSubject {
    let parts = line.split(separator: " ")
    let sample =
      ":method: \(parts[0])\n:scheme: http\n:authority: x\n:path: \(parts[1])\n\(fields)\nx-a: b\nx-b-bin: AQ\n\nAAAAAAA="
    return WebSubject(
      name: "wire of \(name)",
      samples: [Array(sample.utf8)],
      words: [
        "\n", "\n\n", ":", "application/grpc-web", "-text", "+json", "+proto", "application/connect", "; charset=",
        "PUT",
        "HEAD", "grpc-encoding: deflate\n", "connect-content-encoding: x\n", "base64=1", "%", "&",
        "connect-timeout-ms: ",
        "origin: https://b.example\n", "sec-fetch-site: same-origin\n", "\0", "\u{FF}", "AAAA", "=", "..", "//",
      ], parse: play)
  }

  private static func play(_ input: [UInt8], _ mutator: inout Mutator) -> Verdict {
    let blank = Array("\n\n".utf8)
    let cut = input.firstRange(of: blank) ?? input.endIndex..<input.endIndex
    let fields = fields(Array(input[..<cut.lowerBound])), body = Array(input[cut.upperBound...])
    let version: FreshetHTTP.HTTPVersion = [.http2, .http1_1, .http1_0][mutator.index(below: 3)]
    let reading: RequestReading?
    do throws(CallRefusal) {
      reading = try reader.readHead(HeaderSection(fields, version: version), timeout: nil, router, .standard)
    } catch {
      return error.head.first(":status") == nil ? .broken(law: "a refusal has a status") : .refused
    }
    guard case .call(let head)? = reading else { return .refused }
    _ = head.wire.metadata(in: fields)
    _ = body.withUnsafeBytes { bytes in try? head.wire.duration(bytes, head) }
    var pieces: [[UInt8]] = [], rest = body[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + mutator.index(below: 6))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    // A route's parts are as they come, so what counts there is their bytes.
    let isRoute = head.wire.callProtocol == .http
    guard framed([body], head, joined: isRoute) == framed(pieces, head, joined: isRoute) else {
      return .broken(law: "pieces are the same messages (\(pieces.map(\.count)))")
    }
    for code in [Status.Code.ok, .notFound] {
      let end = CallEnd(Status(code: code, message: "ü"), initialMetadata: ["x-c": "d"])
      if head.wire.ending(of: end, maxHeaderBytes: 1000).head?.first(":status") == nil {
        return .broken(law: "an end without a head before it has one")
      }
    }
    return .taken
  }

  /// A body in gRPC's framing; nil if it is malformed.
  private static func framed(_ pieces: [[UInt8]], _ head: RequestHead, joined: Bool) -> [UInt8]? {
    guard case .other(let form)? = head.wire.bodyFraming(head) else { return pieces.flatMap { $0 } }
    var all: [UInt8] = []
    do {
      for piece in pieces {
        var framed = ByteBuffer()
        try piece.withUnsafeBytes { try form.take($0, into: &framed) }
        all += framed.readableBytesView.dropFirst(joined ? 5 : 0)
      }
      var framed = ByteBuffer()
      try form.finish(into: &framed)
      return all + framed.readableBytesView
    } catch { return nil }
  }
}

private struct BytesService: RPCService {
  var methodHandlers: [MethodHandler]
}

private struct BytesCodec: Codec {
  var name: String
  var contentSubtype: String { name }

  func encode(_ message: ByteBuffer, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    var buffer = ByteBuffer(repeating: 0, count: prefixBytes)
    buffer.writeImmutableBuffer(message)
    return buffer
  }
  func decode(_ bytes: ByteBuffer) throws -> ByteBuffer { bytes }
}
