// Responses that a correct server would not send, or of unusual shape, and what a client makes of them.
package import FreshetCore
package import FreshetServer
import FreshetWeb
import NIOCore
import TestSupport

package struct OddWebResponse: Sendable {
  package var name: String
  package var protocols: [CallProtocol]
  /// Whether a unary method is called; otherwise ones of the other kinds.
  package var isUnary: Bool
  package var status = "200"
  /// nil: what the protocol asks for; empty: none.
  package var type: String?
  package var more: [(String, String)] = []
  package var body: [UInt8] = []
  /// In text mode, if not one run of the body.
  package var text: String?
  /// Whether it arrives byte by byte.
  package var isSlow = false
  /// nil for OK.
  package var code: Status.Code?
  package var texts: [String] = []
  package var message: String?
  /// The values of x-t.
  package var trailer: [String]?

  package static let grpcWeb: [CallProtocol] = [.grpcWeb, .grpcWebText]

  package var textBody: [UInt8] {
    if let text { return Array(text.utf8) }
    return Array(Base64Runs.encode(ByteBuffer(bytes: body)).readableBytesView)
  }

  package func head(_ callProtocol: CallProtocol) -> [(String, String)] {
    let usual =
      switch callProtocol {
      case .grpc: "application/grpc"
      case .grpcWeb: "application/grpc-web+proto"
      case .grpcWebText: "application/grpc-web-text+proto"
      default: isUnary ? "application/proto" : "application/connect+proto"
      }
    let type = type ?? usual
    return [(":status", status)] + (type.isEmpty ? [] : [("content-type", type)]) + more
  }

  /// The whole response in HTTP/1.1; a slow one has chunks of one byte.
  package func http1(_ callProtocol: CallProtocol, _ body: [UInt8]) -> [UInt8] {
    var lines = ["HTTP/1.1 \(status) Some Reason"]
    for (name, value) in head(callProtocol).dropFirst() { lines.append("\(name): \(value)") }
    if isSlow {
      lines.append("transfer-encoding: chunked")
    } else if status != "204" {
      lines.append("content-length: \(body.count)")
    }
    let bytes = isSlow ? body.flatMap { Array("1\r\n".utf8) + [$0, 13, 10] } + Array("0\r\n\r\n".utf8) : body
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + bytes
  }
}

/// All of them.
package struct OddWebResponses: Sendable {
  /// A message of the called method that holds a text.
  private let word: @Sendable (String) -> [UInt8]

  package init(word: @escaping @Sendable (String) -> [UInt8]) { self.word = word }

  // MARK: Parts

  private func frame(_ text: String, flag: UInt8 = 0) -> [UInt8] { grpcMessage(word(text), flag: flag) }
  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    do { return Array(try Compression.gzip.compress(ByteBuffer(bytes: bytes)).readableBytesView) } catch {
      preconditionFailure("\(error)")
    }
  }
  private func trailers(_ text: String, flag: UInt8 = 0x80) -> [UInt8] { grpcMessage(Array(text.utf8), flag: flag) }
  private func end(_ json: String, flag: UInt8 = 2) -> [UInt8] { grpcMessage(Array(json.utf8), flag: flag) }
  private var ok: [UInt8] { trailers("grpc-status: 0\r\n") }

  private func web(
    _ name: String, _ body: [UInt8], _ code: Status.Code? = nil, _ texts: [String] = [],
    _ change: (inout OddWebResponse) -> Void = { _ in }
  ) -> OddWebResponse {
    var odd = OddWebResponse(
      name: name, protocols: OddWebResponse.grpcWeb, isUnary: false, body: body, code: code, texts: texts)
    change(&odd)
    return odd
  }

  private func stream(
    _ name: String, _ body: [UInt8], _ code: Status.Code? = nil, _ texts: [String] = [],
    _ change: (inout OddWebResponse) -> Void = { _ in }
  ) -> OddWebResponse {
    var odd = OddWebResponse(name: name, protocols: [.connect], isUnary: false, body: body, code: code, texts: texts)
    change(&odd)
    return odd
  }

  private func unary(
    _ name: String, _ body: [UInt8], _ code: Status.Code? = nil, _ texts: [String] = [],
    _ change: (inout OddWebResponse) -> Void = { _ in }
  ) -> OddWebResponse {
    var odd = OddWebResponse(name: name, protocols: [.connect], isUnary: true, body: body, code: code, texts: texts)
    change(&odd)
    return odd
  }

  // MARK: All

  package var all: [OddWebResponse] {
    httpAnswers + types + grpcWebEnds + grpcWebMessages + connectStreams + connectUnary
  }

  private var httpAnswers: [OddWebResponse] {
    let codes: [(Int, Status.Code)] = [
      (400, .internal), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented), (409, .unknown),
      (412, .unknown), (413, .unknown), (415, .unknown), (418, .unknown), (429, .unavailable), (431, .unknown),
      (500, .unknown), (502, .unavailable), (503, .unavailable), (504, .unavailable), (505, .unknown), (204, .unknown),
      (302, .unknown), (800, .unknown),
    ]
    return codes.flatMap { status, code in
      // A response with 204 has no body.
      (status == 204 ? [[]] : [[], Array("<html>".utf8)]).flatMap { body -> [OddWebResponse] in
        let change: (inout OddWebResponse) -> Void = { odd in
          odd.status = "\(status)"
          odd.type = "text/html"
        }
        return [
          web("W21: HTTP \(status), \(body.count) bytes", body, code, [], change),
          stream("W38: HTTP \(status) to a stream, \(body.count) bytes", body, code, [], change),
          unary("W38: HTTP \(status), \(body.count) bytes", body, code, [], change),
        ]
      }
    }
  }

  private var types: [OddWebResponse] {
    [
      ("", Status.Code.unknown), ("text/plain", .unknown), ("application/grpc", .unknown),
      ("application/grpc-webx", .unknown),
    ].flatMap { type, code in
      [
        web("W21: content type “\(type)”", frame("a") + ok, code) { $0.type = type },
        stream("W40: content type “\(type)” of a stream", frame("a") + end("{}"), code) { $0.type = type },
      ]
    } + [
      web("W21: another format", frame("a") + ok, .internal) {
        $0.protocols = [.grpcWeb]
        $0.type = "application/grpc-web+json"
      },
      web("W21: no format is protobuf", frame("a") + ok, nil, ["a"]) {
        $0.protocols = [.grpcWeb]
        $0.type = "application/grpc-web"
      },
      stream("W40: another format of a stream", frame("a") + end("{}"), .internal) {
        $0.type = "application/connect+json"
      },
      unary("W40: another media type", word("a"), .unknown) { $0.type = "text/html" },
      unary("W40: no media type", word("a"), .unknown) { $0.type = "" },
      unary("W40: another format", word("a"), .internal) { $0.type = "application/json" },
      unary("W4: parameters do not count", word("a"), nil, ["a"]) { $0.type = "Application/Proto; x=y" },
    ]
  }

  private var grpcWebEnds: [OddWebResponse] {
    [
      web("W15: a usual response", frame("a") + trailers("grpc-status: 0\r\nx-t: 1\r\nx-t: 2\r\n"), nil, ["a"]) {
        $0.trailer = ["1", "2"]
      },
      web("W15: byte by byte", frame("a") + frame("") + trailers("grpc-status: 0\r\n"), nil, ["a", ""]) {
        $0.isSlow = true
      },
      web("W21: names in any case, values without a blank", frame("a") + trailers("GRPC-Status:0\r\nX-T:1"), nil, ["a"])
      {
        $0.trailer = ["1"]
      },
      web(
        "W21: a status with a message", trailers("grpc-status: 9\r\ngrpc-message: a%20%E2%98%BA\r\n"),
        .failedPrecondition
      ) { $0.message = "a ☺" },
      web("W21: an error after a message", frame("a") + trailers("grpc-status: 9\r\n"), .failedPrecondition, ["a"]),
      web("W21: no trailers", frame("a"), .internal, ["a"]),
      web("W21: no trailers and no message", [], .internal),
      web("W21: trailers without a status", frame("a") + trailers("x-t: 1\r\n"), .unknown, ["a"]) {
        $0.trailer = ["1"]
      },
      web("W21: empty trailers", frame("a") + trailers(""), .unknown, ["a"]),
      web("W21: a status that is no number", trailers("grpc-status: x\r\n"), .unknown),
      web("W21: a status that is undefined", trailers("grpc-status: 99\r\n"), .unknown),
      web("W21: a line that is no field", trailers("grpc-status: 0\r\nnonsense\r\n"), .internal),
      web("W17: a status in the head of an empty response", [], .failedPrecondition) {
        $0.more = [("grpc-status", "9"), ("grpc-message", "no"), ("x-t", "1")]
        $0.message = "no"
        $0.trailer = ["1"]
      },
      web("W17: the same with another type", [], .failedPrecondition) {
        $0.type = "application/grpc"
        $0.more = [("grpc-status", "9")]
      },
      web("W17: OK in the head of an empty response", []) { $0.more = [("grpc-status", "0")] },
      web("W21: a status in the head with HTTP 503", Array("x".utf8), .notFound) {
        $0.status = "503"
        $0.more = [("grpc-status", "5")]
      },
      web("W21: a status in the head does not count with trailers", frame("a") + ok, nil, ["a"]) {
        $0.more = [("grpc-status", "9")]
      },
      web("W21: nor without, if there are messages", frame("a"), .internal, ["a"]) { $0.more = [("grpc-status", "9")] },
      web(
        "W21: compressed trailers", frame("a") + grpcMessage(gzip(Array("grpc-status: 5\r\n".utf8)), flag: 0x81),
        .notFound, ["a"]
      ) { $0.more = [("grpc-encoding", "gzip")] },
      web(
        "W21: compressed trailers without an encoding", grpcMessage(gzip(Array("grpc-status: 5\r\n".utf8)), flag: 0x81),
        .internal),
      web("W21: the end inside the trailers", frame("a") + ok.dropLast(), .internal, ["a"]),
      web("a last frame beyond its limit", [0x80, 1, 0, 0, 0], .resourceExhausted),
      web("W11: several runs of base64", frame("a") + ok, nil, ["a"]) {
        $0.text = [frame("a"), ok].map { String(buffer: Base64Runs.encode(ByteBuffer(bytes: $0))) }.joined()
      },
      web("W11: what is no base64", [], .internal) {
        $0.protocols = [.grpcWebText]
        $0.text = "!!!!"
      },
    ]
  }

  private var grpcWebMessages: [OddWebResponse] {
    [
      web("C9: two messages", frame("a") + frame("b") + ok, nil, ["a", "b"]),
      web("C9: no message", ok),
      web("W21: flag 1 without an encoding", frame("a", flag: 1) + ok, .internal),
      web("W21: an unknown encoding", frame("a") + ok, .internal) { $0.more = [("grpc-encoding", "foo")] },
      web("W21: gzip", grpcMessage(gzip(word("a")), flag: 1) + ok, nil, ["a"]) {
        $0.more = [("grpc-encoding", "gzip")]
      },
      web("W21: gzip that is none", grpcMessage([1, 2, 3], flag: 1) + ok, .internal) {
        $0.more = [("grpc-encoding", "gzip")]
      },
      web("a flag that is unknown", frame("a", flag: 4) + ok, .internal),
      web("what cannot be parsed", grpcMessage([255, 255]) + ok, .internal),
    ]
  }

  private var connectStreams: [OddWebResponse] {
    [
      stream("W37: a usual response", frame("a") + end(#"{"metadata":{"x-t":["1","2"]}}"#), nil, ["a"]) {
        $0.trailer = ["1", "2"]
      },
      stream("W37: byte by byte", frame("a") + frame("") + end("{}"), nil, ["a", ""]) { $0.isSlow = true },
      stream("W40: no end", frame("a"), .internal, ["a"]),
      stream("W40: no end and no message", [], .internal),
      stream("W40: the end inside the end", frame("a") + end("{}").dropLast(), .internal, ["a"]),
      stream("W40: an end that is no JSON", frame("a") + end("{"), .internal, ["a"]),
      stream("W40: an empty end", frame("a") + end(""), .internal, ["a"]),
      stream("W40: error null", frame("a") + end(#"{"error":null}"#), nil, ["a"]),
      stream("W40: an error without a code", end(#"{"error":{"message":"x"}}"#), .unknown) { $0.message = "x" },
      stream("W40: an unknown code", end(#"{"error":{"code":"foo","message":"x"}}"#), .unknown) { $0.message = "x" },
      stream(
        "W40: a code", frame("a") + end(#"{"error":{"code":"not_found"},"x":1,"metadata":{"X-T":["1"]}}"#), .notFound,
        ["a"]
      ) { $0.trailer = ["1"] },
      stream(
        "W40: a compressed end", frame("a") + grpcMessage(gzip(Array(#"{"error":{"code":"canceled"}}"#.utf8)), flag: 3),
        .cancelled, ["a"]
      ) { $0.more = [("connect-content-encoding", "gzip")] },
      stream("W40: a compressed end without an encoding", grpcMessage(gzip(Array("{}".utf8)), flag: 3), .internal),
      stream("W37: bit 0 with identity", frame("a", flag: 1) + end("{}"), .internal) {
        $0.more = [("connect-content-encoding", "identity")]
      },
      stream("W37: gzip", grpcMessage(gzip(word("a")), flag: 1) + end("{}"), nil, ["a"]) {
        $0.more = [("connect-content-encoding", "gzip")]
      },
      stream("W37: an unknown encoding", frame("a") + end("{}"), .internal) {
        $0.more = [("connect-content-encoding", "foo")]
      },
      stream("W37: a content-encoding does not count", frame("a") + end("{}"), nil, ["a"]) {
        $0.more = [("content-encoding", "identity")]
      },
      stream("a flag that is unknown", frame("a", flag: 4) + end("{}"), .internal),
      stream("C9: two messages", frame("a") + frame("b") + end("{}"), nil, ["a", "b"]),
      stream("C9: no message", end("{}")),
    ]
  }

  private var connectUnary: [OddWebResponse] {
    func error(
      _ name: String, _ json: String, _ code: Status.Code, message: String? = nil, status: String = "500"
    ) -> OddWebResponse {
      unary(name, Array(json.utf8), code) {
        $0.status = status
        $0.type = "application/json"
        $0.message = message
      }
    }
    return [
      unary("W31: trailers among the fields", word("a"), nil, ["a"]) {
        $0.more = [("trailer-x-t", "1"), ("trailer-x-t", "2"), ("x-t", "3")]
        $0.trailer = ["1", "2"]
      },
      unary("W31: byte by byte", word("abc"), nil, ["abc"]) { $0.isSlow = true },
      unary("W30: gzip", gzip(word("a")), nil, ["a"]) { $0.more = [("content-encoding", "gzip")] },
      unary("W30: nothing is never decompressed", [], nil, [""]) { $0.more = [("content-encoding", "gzip")] },
      unary("W30: gzip that is none", [1, 2, 3], .internal) { $0.more = [("content-encoding", "gzip")] },
      unary("W30: an unknown encoding", word("a"), .internal) { $0.more = [("content-encoding", "foo")] },
      unary("what cannot be parsed", [255, 255], .internal),
      error("W39: a code", #"{"code":"not_found","message":"no"}"#, .notFound, message: "no"),
      error("W39: unknown keys", #"{"x":[1],"code":"aborted","debug":null}"#, .aborted),
      error("W40: null", "null", .unavailable, status: "503"),
      error("W40: no code", #"{"message":"no"}"#, .unavailable, message: "no", status: "503"),
      error("W40: code null", #"{"code":null,"message":"no"}"#, .unimplemented, message: "no", status: "404"),
      error("W40: an unknown code", #"{"code":"foo","message":"no"}"#, .permissionDenied, message: "no", status: "403"),
      error("W40: a code that is OK", #"{"code":"ok"}"#, .unknown),
      error("W40: what is no JSON", "{", .unauthenticated, status: "401"),
      error("W40: an empty body", "", .unknown),
      error("an error beyond its limit", String(repeating: " ", count: 300_000) + "{}", .unavailable, status: "503"),
      unary("W40: a compressed error", gzip(Array(#"{"code":"not_found"}"#.utf8)), .notFound) {
        $0.status = "500"
        $0.type = "application/json"
        $0.more = [("content-encoding", "gzip")]
      },
      unary("W32: trailers of an error", Array(#"{"code":"not_found"}"#.utf8), .notFound) {
        $0.status = "404"
        $0.type = "application/json"
        $0.more = [("trailer-x-t", "1")]
        $0.trailer = ["1"]
      },
    ]
  }
}
