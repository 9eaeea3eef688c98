// The odd requests, by the rules of web.md for their answers.
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetCore
import TestSupport

extension WebOddRequest {
  static let all = connectUnary + connectGET + connectStream + grpcWeb + carriers

  private static let limit = ConformanceRun.serverReceiveLimit
  private static let http1: [WebCarrier] = [.http1, .tlsHTTP1]

  private static func with(_ request: WebRequest, method: String? = nil, path: String? = nil) -> WebRequest {
    var request = request
    if let method { request.method = method }
    if let path { request.path = path }
    return request
  }

  private static func mentions(_ name: String, _ parts: String...) -> @Sendable (WebResponse) -> [String] {
    { response in
      parts.filter { response[name]?.contains($0) != true }.map {
        "\(name) is \(response[name] ?? "absent"), without \($0)"
      }
    }
  }

  // MARK: Connect

  private static let connectUnary: [WebOddRequest] = {
    let proto = "application/proto", json = "application/json"
    func plain(_ more: [(String, String)] = [], _ type: String = json, _ body: [UInt8] = Array("{}".utf8)) -> WebRequest
    {
      post(.unary, type, more, body: body)
    }
    return [
      WebOddRequest("Connect: a plain call", plain(), .answered, fields: ["content-type": json]),
      WebOddRequest(
        "W4: case and parameters of the content-type", plain([], "Application/JSON; charset=UTF-8"), .answered),
      WebOddRequest("W4: another charset", plain([], "application/json; charset=utf-16"), .error(415, .unknown)),
      WebOddRequest(
        "W6: content-type", plain([], "image/jpeg"), .error(415, .unknown),
        check: mentions("accept-post", "application/json", "application/proto", "application/grpc-web+proto")),
      WebOddRequest("W6: no content-type", post(.unary, nil), .error(415, .unknown)),
      WebOddRequest("W6: another codec", plain([], "application/foo"), .error(415, .unknown)),
      WebOddRequest(
        "W4: two content-types", plain([("content-type", proto)]), .error(400, .invalidArgument)),
      WebOddRequest(
        "W6: verb", with(plain([], proto), method: "DELETE"), .error(405, .unknown), fields: ["allow": "POST"]),
      WebOddRequest(
        "W6: verb of a method that takes GET",
        with(post(.idempotentUnary, proto), method: "PUT"), .error(405, .unknown), fields: ["allow": "GET, POST"]),
      WebOddRequest(
        "W34: GET of a method that has effects", WebRequest("GET", CallKind.unary.path), .error(405, .unknown),
        fields: ["allow": "POST"]),
      WebOddRequest(
        "W6: unknown method",
        with(plain([("connect-protocol-version", "1")]), path: "/connectrpc.conformance.v1.UnknownService/Unary"),
        .error(404, .unimplemented)),
      WebOddRequest(
        "W6: unknown method in protobuf",
        with(plain([], proto, []), path: "/connectrpc.conformance.v1.UnknownService/Unary"),
        .error(404, .unimplemented)),
      WebOddRequest("W5h: nothing there", with(plain(), path: "/nothing"), .http(404)),
      WebOddRequest(
        "W6: compression", plain([("content-encoding", "foo")]), .error(501, .unimplemented),
        check: mentions("accept-encoding", "gzip", "deflate")),
      WebOddRequest("W28: version 2", plain([("connect-protocol-version", "2")]), .error(400, .invalidArgument)),
      WebOddRequest("W28: version 1", plain([("connect-protocol-version", "1")]), .answered),
      WebOddRequest("W32: half a JSON", plain([], json, Array("{".utf8)), .error(400, .invalidArgument)),
      WebOddRequest("W30: JSON of nothing", plain([], json, []), .error(400, .invalidArgument)),
      WebOddRequest("W32: what is no message", plain([], proto, [0xFF]), .error(400, .invalidArgument)),
      WebOddRequest("W44: unknown fields", plain([], json, Array(#"{"zzz":[{"a":1}]}"#.utf8)), .answered),
      WebOddRequest(
        "W44: JSON of depth 10,000",
        plain(
          [], json,
          Array((String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000)).utf8)),
        .error(400, .invalidArgument)),
      WebOddRequest("W30: nothing is not decompressed", plain([("content-encoding", "gzip")], proto, []), .answered),
      WebOddRequest("W30: gzip", plain([("content-encoding", "gzip")], json, gzip(Array("{}".utf8))), .answered),
      WebOddRequest("W30: identity", plain([("content-encoding", "identity")]), .answered),
      WebOddRequest(
        "W30: weights", plain([("accept-encoding", "br;q=1.0, gzip;q=0, identity;q=0.5")]), .answered
      ) { $0["content-encoding"] == nil ? [] : ["compressed by \($0["content-encoding"] ?? "")"] },
      WebOddRequest(
        "W30: the request's compression without a list",
        plain([("content-encoding", "gzip")], json, gzip(Array("{}".utf8))), .answered,
        fields: ["content-encoding": "gzip"]),
      WebOddRequest(
        "W6: over the limit", plain([], proto, Array(repeating: 0, count: limit + 1)), .error(429, .resourceExhausted)),
      WebOddRequest(
        "W6: a gzip bomb",
        plain([("content-encoding", "gzip")], proto, gzip(Array(repeating: 0, count: limit + 1))),
        .error(429, .resourceExhausted)),
      WebOddRequest(
        "W6: header list too big", plain([("x-long", String(repeating: "x", count: 20_000))]), .http(431)),
      WebOddRequest(
        "a method that stays unimplemented", with(plain(), path: "/\(ConformanceService.serviceName)/Unimplemented"),
        .error(501, .unimplemented)),
    ]
      + ["x", "-1", "1.5", "12345678901", ""].map {
        WebOddRequest("W29: time-out “\($0)”", plain([("connect-timeout-ms", $0)]), .error(400, .invalidArgument))
      }
      + ["1000000", "9999999999"].map {
        WebOddRequest("W29: time-out \($0)", plain([("connect-timeout-ms", $0)]), .answered)
      }
      + [WebOddRequest("grpc-timeout means nothing to Connect", plain([("grpc-timeout", "x")]), .answered)]
  }()

  private static let connectGET: [WebOddRequest] = [
    WebOddRequest(
      "W34: any order, unknown names", get("x=1&message=%7B%7D&encoding=json&y&connect=v1"), .answered,
      fields: ["content-type": "application/json", "vary": "accept-encoding"]),
    WebOddRequest("W34: padded base64", get("connect=v1&base64=1&encoding=json&message=e30%3D"), .answered),
    WebOddRequest("W34: unpadded base64", get("connect=v1&base64=1&encoding=json&message=e30"), .answered),
    WebOddRequest("W34: other values of base64", get("connect=v1&base64=0&encoding=json&message=%7B%7D"), .answered),
    WebOddRequest("W34: an empty message", get("connect=v1&encoding=proto&message="), .answered),
    WebOddRequest("W34: no message", get("connect=v1&encoding=json"), .error(400, .invalidArgument)),
    WebOddRequest("W34: no encoding", get("connect=v1&message=%7B%7D"), .error(400, .invalidArgument)),
    WebOddRequest(
      "W34: two messages", get("connect=v1&encoding=json&message=%7B%7D&message=%7B%7D"), .error(400, .invalidArgument)),
    WebOddRequest("W34: unknown encoding", get("connect=v1&encoding=foo&message=%7B%7D"), .error(415, .unknown)),
    WebOddRequest("W34: version 2", get("connect=v2&encoding=json&message=%7B%7D"), .error(400, .invalidArgument)),
    WebOddRequest(
      "W34: unknown compression", get("connect=v1&encoding=json&compression=foo&message=%7B%7D"),
      .error(501, .unimplemented)),
    WebOddRequest(
      "W34: junk in base64", get("connect=v1&base64=1&encoding=json&message=%21%21"), .error(400, .invalidArgument)),
    WebOddRequest(
      "W34: what is no message", get("connect=v1&encoding=json&message=%7B"), .error(400, .invalidArgument)),
    WebOddRequest(
      "W35: HEAD is GET without a body", with(get("connect=v1&encoding=json&message=%7B%7D"), method: "HEAD"),
      .answered,
      fields: ["content-type": "application/json"], on: http1
    ) { $0.body.isEmpty ? [] : ["a body"] },
  ]

  private static let connectStream: [WebOddRequest] = {
    let type = "application/connect+proto"
    func call(_ kind: CallKind, _ body: [UInt8], _ more: [(String, String)] = []) -> WebRequest {
      post(kind, type, more, body: body)
    }
    return [
      WebOddRequest("Connect: a plain stream", call(.serverStream, message), .answered, fields: ["content-type": type]),
      WebOddRequest("W37: no request", call(.serverStream, []), .ended(.unimplemented)),
      WebOddRequest("W37: two requests", call(.serverStream, message + message), .ended(.unimplemented)),
      WebOddRequest(
        "W37: bit 0 with identity",
        call(.serverStream, grpcMessage([], flag: 1), [("connect-content-encoding", "identity")]),
        .ended(.internal)),
      WebOddRequest("W37: bit 0 without an encoding", call(.serverStream, grpcMessage([], flag: 1)), .ended(.internal)),
      WebOddRequest(
        "W37: an end in a request", call(.clientStream, message + grpcMessage(Array("{}".utf8), flag: 2)),
        .ended(.internal)),
      WebOddRequest("W37: unknown flags", call(.clientStream, grpcMessage([], flag: 0x10)), .ended(.internal)),
      WebOddRequest(
        "W6: compression", call(.serverStream, message, [("connect-content-encoding", "foo")]), .ended(.unimplemented),
        check: mentions("connect-accept-encoding", "gzip")),
      WebOddRequest("W32: what is no message", call(.serverStream, grpcMessage([0xFF])), .ended(.invalidArgument)),
      WebOddRequest("W6: over the limit", call(.clientStream, [0, 0, 0x20, 0, 0]), .ended(.resourceExhausted)),
      WebOddRequest(
        "W6: much more than the limit", call(.clientStream, grpcMessage(Array(repeating: 0, count: limit * 2))),
        .ended(.resourceExhausted)),
      WebOddRequest(
        "W37: a bare message for a stream", post(.serverStream, "application/proto"), .error(415, .unknown)),
      WebOddRequest("W37: a stream for a bare message", post(.unary, type, body: message), .error(415, .unknown)),
      WebOddRequest(
        "W6: verb", with(call(.serverStream, message), method: "PUT"), .error(405, .unknown), fields: ["allow": "POST"]),
      WebOddRequest(
        "W6: unknown method", with(call(.serverStream, message), path: "/\(ConformanceService.serviceName)/C"),
        .error(404, .unimplemented)),
      WebOddRequest(
        "W29: time-out", call(.serverStream, message, [("connect-timeout-ms", "x")]), .ended(.invalidArgument)),
      WebOddRequest(
        "W28: version 2", call(.serverStream, message, [("connect-protocol-version", "2")]), .ended(.invalidArgument)),
      WebOddRequest("an empty stream of requests", call(.clientStream, []), .answered),
    ]
  }()

  // MARK: gRPC-Web

  private static let grpcWeb: [WebOddRequest] = {
    let type = "application/grpc-web+proto"
    func call(_ kind: CallKind, _ body: [UInt8], _ more: [(String, String)] = [], _ type: String = type) -> WebRequest {
      post(kind, type, more, body: body)
    }
    func text(_ body: [UInt8]) -> [UInt8] { Array(Base64.padded(body).utf8) }
    return [CallKind.unary, .serverStream].flatMap { kind in
      [
        WebOddRequest("W10: no request/\(kind.rawValue)", call(kind, []), .ended(.unimplemented)),
        WebOddRequest("W10: two requests/\(kind.rawValue)", call(kind, message + message), .ended(.unimplemented)),
        WebOddRequest(
          "W10: trailers in a request/\(kind.rawValue)", call(kind, message + grpcMessage([], flag: 0x80)),
          .ended(.internal)),
        WebOddRequest("S13: what is no message/\(kind.rawValue)", call(kind, grpcMessage([0xFF])), .ended(.internal)),
        WebOddRequest(
          "S7: the end inside a message/\(kind.rawValue)", call(kind, [0, 0, 0, 0, 9, 1]), .ended(.internal)),
        WebOddRequest(
          "W6: over the limit/\(kind.rawValue)", call(kind, [0, 0, 0x20, 0, 0]), .ended(.resourceExhausted)),
      ]
    } + [
      WebOddRequest("gRPC-Web: a plain call", call(.unary, message), .answered, fields: ["content-type": type]),
      WebOddRequest(
        "W10: no suffix", call(.unary, message, [], "application/grpc-web"), .answered,
        fields: ["content-type": "application/grpc-web"]),
      WebOddRequest(
        "W6: verb", with(call(.unary, message), method: "DELETE"), .error(405, .unknown), fields: ["allow": "POST"]),
      WebOddRequest("W6: unknown method", with(call(.unary, message), path: "/a.B/C"), .ended(.unimplemented)),
      WebOddRequest("W6: another codec", call(.unary, message, [], "application/grpc-web+foo"), .error(415, .unknown)),
      WebOddRequest(
        "W6: compression", call(.unary, message, [("grpc-encoding", "foo")]), .ended(.unimplemented),
        check: mentions("grpc-accept-encoding", "gzip")),
      WebOddRequest(
        "S5: compressed, though it says identity",
        call(.unary, grpcMessage([], flag: 1), [("grpc-encoding", "identity")]),
        .ended(.internal)),
      WebOddRequest(
        "S5: gzip that is none", call(.unary, grpcMessage([1, 2], flag: 1), [("grpc-encoding", "gzip")]),
        .ended(.internal)),
      WebOddRequest(
        "W12: a plain time-out", call(.unary, message, [("grpc-timeout", "2000m")]), .answered),
      WebOddRequest("S4: time-out", call(.unary, message, [("grpc-timeout", "x")]), .ended(.internal)),
      WebOddRequest(
        "W11: base64 in runs", call(.unary, text([0, 0, 0, 0]) + text([0]), [], "application/grpc-web-text"), .answered,
        fields: ["content-type": "application/grpc-web-text"]),
      WebOddRequest(
        "W11: lines in base64", call(.unary, Array("AAAA\r\nAAA=\r\n".utf8), [], "application/grpc-web-text"), .answered
      ),
      WebOddRequest(
        "W11: junk in base64", call(.unary, Array("AAA!AAA=".utf8), [], "application/grpc-web-text"), .ended(.internal)),
      WebOddRequest(
        "W11: the end inside a group", call(.unary, Array("AAAAAA".utf8), [], "application/grpc-web-text"),
        .ended(.internal)),
    ]
  }()

  // MARK: Carriers

  private static let carriers: [WebOddRequest] = [
    WebOddRequest(
      "W6: gRPC over HTTP/1.1", post(.unary, "application/grpc", body: message), .http(505), on: http1
    ) { $0.isLast ? [] : ["the connection stays open"] },
    WebOddRequest(
      "W103: expectations", post(.unary, "application/json", [("expect", "tea")], body: Array("{}".utf8)), .http(417),
      on: http1),
    WebOddRequest(
      "W103: 100-continue", post(.unary, "application/json", [("expect", "100-continue")], body: Array("{}".utf8)),
      .answered, on: http1),
    WebOddRequest(
      "W107: HTTP's own fields are no metadata",
      post(
        .unary, "application/json", [("keep-alive", "1"), ("te", "trailers"), ("x-a", "1")], body: Array("{}".utf8)),
      .answered, on: http1
    ) { response in
      let seen = (try? UnaryResponse(jsonUTF8Bytes: response.body))?.payload.requestInfo.requestHeaders ?? []
      return seen.map(\.name).sorted() == ["x-a"] ? [] : ["\(seen.map(\.name))"]
    },
  ]
}
