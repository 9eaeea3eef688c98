// W6, W7: what each protocol gets for each thing that goes wrong.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import NIOCore
import Testing

@Suite("WebRefusal")
struct WebRefusalTests {
  private static let accepted = ["application/json", "application/proto"]
  private static let protocols: [WebProtocol] = [
    .grpc, .grpcWeb(isText: false), .grpcWeb(isText: true), .connectUnary, .connectGET, .connectStream, .plain,
  ]

  /// W6's table: what stands in the columns gRPC, gRPC-Web, Connect unary, Connect stream, plain. “12” is a status in the
  /// protocol's own form, with HTTP's 200; “404 unimplemented” is a status of HTTP, and the code in the body.
  private static let table: [(WebFault, [String], field: String?)] = [
    (.unknownMethod(path: "/a.B/C"), ["12", "12", "404 unimplemented", "404 unimplemented", "404 5"], nil),
    (
      .verb("PUT", allowed: ["GET", "POST"]), ["405 unknown", "405 unknown", "405 unknown", "405 unknown", "405 2"],
      "allow: GET, POST"
    ),
    (
      .mediaType("text/plain", accepted: accepted),
      ["415 unknown", "415 unknown", "415 unknown", "415 unknown", "415 2"],
      "accept-post: application/json, application/proto"
    ),
    (
      .compression("foo", supported: "identity,gzip"), ["12", "12", "501 unimplemented", "12", "415 12"],
      "accept-encoding: identity,gzip"
    ),
    (.httpVersion(needed: "HTTP/2"), ["505 unknown", "505 unknown", "505 unknown", "505 unknown", "505 2"], nil),
    (.headersTooLarge, ["8", "431 unknown", "431 unknown", "431 unknown", "431 2"], nil),
    (
      .call(Status(code: .resourceExhausted, message: "too big")), ["8", "8", "429 resource_exhausted", "8", "429 8"],
      nil
    ),
    (.draining, ["14", "14", "503 unavailable", "503 unavailable", "503 14"], nil),
    (
      .badRequest("no"),
      ["400 invalid_argument", "400 invalid_argument", "400 invalid_argument", "400 invalid_argument", "400 3"], nil
    ),
    (
      .foreignOrigin("https://x"),
      ["403 permission_denied", "403 permission_denied", "403 permission_denied", "403 permission_denied", "403 7"], nil
    ),
    (.call(Status(code: .invalidArgument, message: "timeout")), ["3", "3", "400 invalid_argument", "3", "400 3"], nil),
  ]

  /// What a client sees of an answer, in the notation of the table.
  private func seen(_ refusal: WebRefusal, by speaks: WebProtocol) throws -> String {
    let httpStatus = try #require(refusal.head.first(":status"))
    #expect(httpStatus == String(refusal.httpStatus))
    let body = refusal.body ?? ByteBuffer()
    guard httpStatus != "200" else { return String(try code(in: body, of: refusal.head, speaks)) }
    #expect(refusal.head.first("content-type") == "application/json")
    #expect(refusal.head.first("content-length") == String(body.readableBytes))
    if speaks == .plain {
      let number = try #require(text(body).split(separator: ",").first).split(separator: ":")[1]
      return "\(httpStatus) \(number)"
    }
    let error = ConnectError.read(body.readableBytesView, isJSON: true, httpStatus: 200)
    #expect(!error.message.isEmpty)
    return "\(httpStatus) \(try #require(error.code).connectName)"
  }

  private func code(in body: ByteBuffer, of head: HeaderFields, _ speaks: WebProtocol) throws -> Int {
    switch speaks {
    case .grpc:
      #expect(body.readableBytes == 0)
      return try #require(head.first("grpc-status").flatMap { Int($0) })
    case .grpcWeb(let isText):
      #expect(head.first("grpc-status") == nil)
      var frame = body
      if isText {
        var runs = Base64Runs()
        frame = ByteBuffer()
        try body.withUnsafeReadableBytes { try runs.decode($0, into: &frame) }
      }
      #expect(frame.readableBytesView.first == 0x80)
      let trailers = try GRPCWebTrailers.read(frame.readableBytesView.dropFirst(5))
      return try #require(trailers.first("grpc-status").flatMap { Int($0) })
    default:
      #expect(body.readableBytesView.first == 2)
      let error = try ConnectEnd.read(body.readableBytesView.dropFirst(5)).error
      return try #require(error?.code).rawValue
    }
  }

  @Test func `W6: each protocol gets what the table has for it`() throws {
    for (fault, row, field) in Self.table {
      for speaks in Self.protocols {
        let column =
          switch speaks {
          case .grpc: 0
          case .grpcWeb: 1
          case .connectUnary, .connectGET: 2
          case .connectStream: 3
          default: 4
          }
        let refusal = WebRefusal(fault, to: speaks)
        #expect(try seen(refusal, by: speaks) == row[column], "\(fault), \(speaks)")
        if let field, refusal.httpStatus != 200 { #expect(lines(refusal.head).contains(field)) }
      }
    }
  }

  @Test func `W6: an answer in the protocol's form lists the compressions where the protocol looks`() {
    let fault = WebFault.compression("foo", supported: "identity,gzip")
    #expect(WebRefusal(fault, to: .grpc).head.first("grpc-accept-encoding") == "identity,gzip")
    #expect(WebRefusal(fault, to: .grpcWeb(isText: true)).head.first("grpc-accept-encoding") == "identity,gzip")
    #expect(WebRefusal(fault, to: .connectStream).head.first("connect-accept-encoding") == "identity,gzip")
  }

  @Test func `W14, W37: an answer has the media type that is asked for, or the protocol's first`() {
    let fault = WebFault.unknownMethod(path: "/")
    let types: [(WebProtocol, String)] = [
      (.grpc, "application/grpc"), (.grpcWeb(isText: false), "application/grpc-web"),
      (.grpcWeb(isText: true), "application/grpc-web-text"),
    ]
    for (speaks, type) in types {
      #expect(WebRefusal(fault, to: speaks).head.first("content-type") == type)
      let json = MediaType("\(type)+json; a=b")
      #expect(WebRefusal(fault, to: speaks, mediaType: json).head.first("content-type") == "\(type)+json")
    }
    let invalid = WebFault.call(Status(code: .invalidArgument))
    #expect(
      WebRefusal(invalid, to: .connectStream, mediaType: MediaType("application/connect+json")).head.first(
        "content-type") == "application/connect+json")
  }

  @Test func `W6: a connection of HTTP/1.1 is closed for its version, and when the server drains`() {
    for speaks in Self.protocols {
      #expect(WebRefusal(.httpVersion(needed: "HTTP/2"), to: speaks).closesConnection)
      let draining = WebRefusal(.draining, to: speaks)
      #expect(draining.closesConnection)
      #expect((draining.head.first("retry-after") != nil) == (speaks == .plain))
      #expect(!WebRefusal(.headersTooLarge, to: speaks).closesConnection)
    }
  }

  @Test func `The answer to HEAD has no body, and the length that it would have`() {
    let refusal = WebRefusal(.verb("HEAD", allowed: ["POST"]), to: .plain, isHEAD: true)
    #expect(refusal.body == nil)
    #expect(
      refusal.head.first("content-length")
        == String(WebRefusal(.verb("HEAD", allowed: ["POST"]), to: .plain).body?.readableBytes ?? 0))
  }

  @Test func `What a peer wrote is quoted safely`() {
    let refusal = WebRefusal(.unknownMethod(path: "/\r\nx: y\u{1B}"), to: .plain)
    #expect(text(refusal.body ?? ByteBuffer()) == #"{"code":5,"message":"the server has nothing at /\\r\\nx: y\\x1b"}"#)
  }
}
