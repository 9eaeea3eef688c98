// The responses sent to the client under test, by the rules of grpc-wire.md for their meaning.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetCore
import FreshetErrorDetails
import TestSupport

extension OddResponse {
  static let all =
    httpAnswers + shapes + statuses + encodings + messages + resets + refusals + metadata

  private static let httpAnswers: [OddResponse] = {
    let codes: [(Int, Code)] = [
      (400, .internal), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented), (429, .unavailable),
      (431, .internal), (502, .unavailable), (503, .unavailable), (504, .unavailable), (500, .unknown), (418, .unknown),
      (204, .unknown), (302, .unknown), (800, .unknown),
    ]
    return codes.flatMap { status, code in
      let head = [(":status", String(status)), ("content-type", "text/html")]
      return [
        OddResponse("C2: HTTP \(status)", [.headers(1, head, endStream: true)], code),
        OddResponse(
          "C2: HTTP \(status) with a page", [.headers(1, head), data(Array("<html>".utf8), end: true)], code),
      ]
    } + [
      OddResponse(
        "C2: grpc-status counts more than HTTP's",
        [
          .headers(
            1, [(":status", "503"), ("content-type", "application/grpc"), ("grpc-status", "5")], endStream: true)
        ],
        .notFound),
      OddResponse(
        "C2: interim responses are skipped",
        [.headers(1, [(":status", "103"), ("link", "x")]), headers(), data(message), trailers(0)], responses: 1),
      OddResponse(
        "C2: another content-type",
        [.headers(1, [(":status", "200"), ("content-type", "image/jpeg")]), data([1], end: true)],
        .unknown),
      OddResponse("C2: no content-type", [.headers(1, [(":status", "200")]), data([1], end: true)], .unknown),
      OddResponse(
        "C2: gRPC-Web's content-type",
        [.headers(1, [(":status", "200"), ("content-type", "application/grpc-web+proto")]), data(message, end: true)],
        .unknown),
    ]
  }()

  private static let shapes: [OddResponse] =
    ["application/grpc+proto", "application/grpc;charset=utf-8"].map { type in
      OddResponse(
        "C2: content-type \(type)",
        [.headers(1, [(":status", "200"), ("content-type", type)]), data(message), trailers(0)], responses: 1)
    } + [
      OddResponse(
        "C9: JSON in place of protobuf",
        [
          .headers(1, [(":status", "200"), ("content-type", "application/grpc+json")]),
          data(grpcMessage(Array(#"{"payload": {"data": "dGVzdA"}}"#.utf8))), trailers(0),
        ], .internal, .unknown, .unimplemented),
      OddResponse(
        "C2: trailers without a status", [headers(), trailers(nil, [("grpc-message", "error")])], .unknown, .internal),
      OddResponse("C2: no trailers", [headers(), data(message, end: true)], .unknown, .internal, responses: 1),
      OddResponse(
        "C2: no trailers, after two", streams, [headers(), data(message + message, end: true)], .unknown, responses: 2),
      OddResponse("C2: headers alone", [headers(end: true)], .unknown, .internal),
      OddResponse(
        "C8: trailers-only", [headers([("grpc-status", "9"), ("grpc-message", "a b")], end: true)], .failedPrecondition
      ) {
        $0.error.message == "a b" ? [] : ["the message is “\($0.error.message)”"]
      },
      OddResponse("C8: trailers-only OK is an empty stream", streams, [headers([("grpc-status", "0")], end: true)]),
      OddResponse(
        "C9: trailers-only OK has no response", singles, [headers([("grpc-status", "0")], end: true)], .unimplemented),
      OddResponse(
        "C8: a status in the headers does not count with trailers",
        [headers([("grpc-status", "8")]), trailers(9)], .failedPrecondition),
      OddResponse(
        "C8: a status in the headers does not count with messages",
        [headers([("grpc-status", "9")]), data(message), trailers(0)], responses: 1),
      OddResponse(
        "C8: a status in the headers does not count without trailers",
        [headers([("grpc-status", "9")]), data(message, end: true)], .unknown, .internal, responses: 1),
      OddResponse("C5: trailers before the client closed", [.fullDuplex], [trailersOnly(7)], .permissionDenied),
    ]

  private static func trailersOnly(_ status: Int) -> Frame { headers([("grpc-status", String(status))], end: true) }

  private static let statuses: [OddResponse] =
    ["", "abc", "17", "99", "-1", "1.0"].map { text in
      OddResponse(
        "C7: grpc-status “\(text)”", [headers(), .headers(1, [("grpc-status", text)], endStream: true)], .unknown)
    }
    + (1...16).map { number in
      OddResponse("C13: grpc-status \(number)", [trailersOnly(number)], Code(rawValue: number) ?? .unspecified)
    } + [
      OddResponse(
        "C7: bad percent-encoding", [headers(), trailers(9, [("grpc-message", "100%zz %")])], .failedPrecondition
      ) {
        $0.error.message == "100%zz %" ? [] : ["the message is “\($0.error.message)”"]
      },
      OddResponse("C7: percent-encoding", [headers(), trailers(2, [("grpc-message", "%09%E2%98%BA")])], .unknown) {
        $0.error.message == "\t☺" ? [] : ["the message is “\($0.error.message)”"]
      },
      OddResponse("S16: details", [headers(), trailers(5, [("grpc-status-details-bin", details)])], .notFound) {
        $0.error.details.count == 1 ? [] : ["\($0.error.details.count) details"]
      },
      OddResponse(
        "S16: details in trailers-only",
        [headers([("grpc-status", "5"), ("grpc-status-details-bin", details)], end: true)], .notFound
      ) {
        $0.error.details.count == 1 ? [] : ["\($0.error.details.count) details"]
      },
      OddResponse(
        "S16: details that are no base64", [headers(), trailers(5, [("grpc-status-details-bin", "!!")])], .notFound),
      OddResponse(
        "S16: details that are no status", [headers(), trailers(5, [("grpc-status-details-bin", "/////w")])], .notFound),
    ]

  private static let details: String = {
    let error = RPCError(code: .notFound, message: "", details: [Google_Rpc_ErrorInfo.with { $0.reason = "R" }])
    return Base64.encode(error.details ?? [])
  }()

  private static let encodings: [OddResponse] = {
    func encoded(_ name: String, _ bytes: [UInt8]) -> [Frame] {
      [headers([("grpc-encoding", name)]), data(bytes), trailers(0)]
    }
    return [
      OddResponse("C9: gzip", encoded("gzip", grpcMessage(gzipped([]), flag: 1)), responses: 1),
      OddResponse("C9: gzip announced, identity sent", encoded("gzip", message), responses: 1),
      OddResponse("C9: an unknown encoding", encoded("foo", grpcMessage([1, 2], flag: 1)), .internal),
      OddResponse(
        "C9: compressed, though it says identity", encoded("identity", grpcMessage(gzipped([]), flag: 1)), .internal),
      OddResponse(
        "C9: compressed without an encoding", [headers(), data(grpcMessage([], flag: 1)), trailers(0)], .internal),
      OddResponse("C9: gzip that is none", encoded("gzip", grpcMessage([1, 2, 3], flag: 1)), .internal),
      OddResponse(
        "C9: gzip cut short", encoded("gzip", grpcMessage(gzipped([1, 2, 3]).dropLast(4), flag: 1)), .internal),
      OddResponse(
        "C9: a gzip bomb", encoded("gzip", grpcMessage(gzipped(Array(repeating: 0, count: 100_000)), flag: 1)),
        .resourceExhausted, change: { $0.messageReceiveLimit = 50_000 }),
    ]
  }()

  private static let messages: [OddResponse] = [
    OddResponse("C9: no response", singles, [headers(), trailers(0)], .unimplemented),
    OddResponse("C9: two responses", singles, [headers(), data(message + message), trailers(0)], .unimplemented),
    OddResponse(
      "an error after a response", [headers(), data(message), trailers(9)], .failedPrecondition, responses: 1),
    OddResponse(
      "C9: a response over the limit", [headers(), data([0, 0, 1, 0, 0]), trailers(0)], .resourceExhausted,
      change: { $0.messageReceiveLimit = 50_000 }),
    OddResponse("C9: what cannot be parsed", [headers(), data(grpcMessage([0xFF, 0xFF])), trailers(0)], .internal),
    OddResponse("a flag that gRPC does not know", [headers(), data(grpcMessage([], flag: 2)), trailers(0)], .internal),
    OddResponse(
      "S7: the end inside a message", [headers(), data(message + [0, 0, 0, 0, 10, 1, 2]), trailers(0)], .internal,
      .unknown, responses: 1),
    OddResponse(
      "S7: the end inside a prefix", [headers(), data(message + [0, 0, 0]), trailers(0)], .internal, .unknown,
      responses: 1),
    OddResponse(
      "S7: a message byte by byte", [headers()] + grpcMessage([10, 2, 10, 0]).map { data([$0]) } + [trailers(0)],
      responses: 1),
    OddResponse("S7: padding", [headers(), .data(1, message, padding: 255), trailers(0)], responses: 1),
    OddResponse(
      "S7: three in one frame", streams, [headers(), data(message + message + message), trailers(0)], responses: 3),
  ]

  private static let resets: [OddResponse] = {
    let codes: [(UInt32, Code)] = [
      (0, .internal), (1, .internal), (2, .internal), (3, .internal), (4, .internal), (6, .internal),
      (8, .canceled), (9, .internal), (10, .internal), (11, .resourceExhausted), (12, .permissionDenied),
    ]
    return codes.flatMap { number, code in
      [
        OddResponse("C3: reset \(number)", [.reset(1, code: number)], code),
        OddResponse("C3: reset \(number) after the headers", [headers(), .reset(1, code: number)], code),
      ]
    }
  }()

  private static let refused: UInt32 = 7
  private static let refusals: [OddResponse] = [
    OddResponse("C6: refused, then answered", [.reset(1, code: refused)], responses: 1)
      .onSecondTry([
        .headers(3, head), .data(3, message), .headers(3, [("grpc-status", "0")], endStream: true),
      ]),
    OddResponse("C6: refused twice", [.reset(1, code: refused)], .unavailable).onSecondTry([.reset(3, code: refused)]),
    OddResponse("C3: refused after the headers", [headers(), .reset(1, code: refused)], .unavailable),
  ]

  private static let metadata: [OddResponse] = [
    OddResponse(
      "S8: metadata before and behind a message",
      [
        headers([("x-a", "1"), ("x-b", "2"), ("x-a", "3")]), data(message),
        trailers(0, [("x-c", "z"), ("x-c", "y"), ("x-d-bin", "AQ=="), ("x-d-bin", "Ag,Aw")]),
      ], responses: 1
    ) {
      lacks($0.responseHeaders, "x-a", ["1", "3"]) + lacks($0.responseTrailers, "x-c", ["z", "y"])
        + lacks($0.responseTrailers, "x-d-bin", ["AQ", "Ag", "Aw"])
    },
    OddResponse(
      "metadata of a call that fails", [headers([("x-a", "1")]), trailers(9, [("x-c", "2"), ("x-c", "3")])],
      .failedPrecondition
    ) { lacks($0.responseHeaders, "x-a", ["1"]) + lacks($0.responseTrailers, "x-c", ["2", "3"]) },
    OddResponse(
      "metadata in trailers-only", [headers([("grpc-status", "9"), ("x-c", "2"), ("x-c", "3")], end: true)],
      .failedPrecondition
    ) {
      lacks($0.responseTrailers, "x-c", ["2", "3"]) + lacks($0.responseHeaders, "x-c", [])
    },
    OddResponse("S8: a bad -bin value", [headers([("x-bin", "!")]), data(message), trailers(0)], responses: 1) {
      lacks($0.responseHeaders, "x-bin", ["!"])
    },
  ]
}
