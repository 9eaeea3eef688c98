// The requests sent to the server under test, by the rules of grpc-wire.md for their answers.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetCore
import FreshetErrorDetails
import SwiftProtobuf
import TestSupport

extension OddRequest {
  static let all = heads + timeouts + encodings + messages + metadata + errors

  private static let heads: [OddRequest] = {
    func content(_ type: String, _ expectation: Expectation) -> OddRequest {
      OddRequest("S2: content-type \(type)", [request(replacing: ["content-type": type]), data(message)], expectation)
    }
    func path(_ path: String) -> OddRequest {
      OddRequest("S1: the path \(path)", [request(replacing: [":path": path]), data(message)], .status([12]))
    }
    return [
      OddRequest("S10: a plain call", [request(), data(message)], .answered) { frames in
        frames.map(\.kind) == [.headers, .data, .headers] ? [] : ["\(frames.map(\.kind))"]
      },
      OddRequest("S1: GET", [request(replacing: [":method": "GET"]), data([])], .http(["405"])),
      OddRequest("S1: DELETE with a body", [request(replacing: [":method": "DELETE"]), data(message)], .http(["405"])),
      OddRequest(
        "S18: a browser's request",
        [.headers(1, [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")], endStream: true)],
        .http(["404", "405", "415"])),
      path("/connectrpc.conformance.v1.UnknownService/Unary"),
      path("/connectrpc.conformance.v1.ConformanceService/unary"),
      path("/connectrpc.conformance.v1.ConformanceService/Unary/"), path("/Unary"), path("/"),
      OddRequest(
        "a method that stays unimplemented",
        [request(replacing: [":path": "/connectrpc.conformance.v1.ConformanceService/Unimplemented"]), data(message)],
        .status([12])),
      content("application/grpc+proto", .answered), content("application/grpc;a=b", .answered),
      content("image/jpeg", .http(["415"])), content("application/grpc-web", .http(["415"])),
      content("application/json", .http(["415"])), content("application/grpc+foo", .http(["415"])),
      OddRequest("S2: no content-type", [request(without: "content-type"), data(message)], .http(["415"])),
      OddRequest("S3: no te", [request(without: "te"), data(message)], .answered),
      OddRequest("S3: a connection header", [request(.unary, [("connection", "close")]), data(message)], .reset(1)),
      OddRequest("an upper-case name", [request(.unary, [("X-Upper", "a")]), data(message)], .reset(1)),
    ]
  }()

  private static let timeouts: [OddRequest] =
    ["", "1", "S", "123456789S", "1x", "-1S", "1 S", "1s", "1.5S"].map { text in
      OddRequest(
        "S4: grpc-timeout “\(text)”", [request(.unary, [("grpc-timeout", text)]), data(message)], .status([13]))
    }
    + ["99999999H", "99999999S", "100000m", "99999999u"].map { text in
      OddRequest("S4: grpc-timeout \(text)", [request(.unary, [("grpc-timeout", text)]), data(message)], .answered) {
        info($0)?.hasTimeoutMs == true ? [] : ["the server did not see it"]
      }
    } + [
      OddRequest("S4: no grpc-timeout", [request(), data(message)], .answered) {
        info($0)?.hasTimeoutMs == false ? [] : ["the server saw one"]
      },
      OddRequest(
        "S4: a deadline that passes comes as trailers",
        [request(.unary, [("grpc-timeout", "50m")]), data(defined(Definition(delayMilliseconds: 120_000)))],
        .status([4])),
    ]

  private static let encodings: [OddRequest] = {
    func call(_ encoding: String?, _ bytes: [UInt8], accepting: String? = nil) -> [Frame] {
      let fields = [("grpc-encoding", encoding), ("grpc-accept-encoding", accepting)].compactMap { name, value in
        value.map { (name, $0) }
      }
      return [request(.unary, fields), data(bytes)]
    }
    let limit = ConformanceRun.serverReceiveLimit
    return [
      OddRequest("S5: gzip", call("gzip", grpcMessage(gzipped([]), flag: 1)), .answered),
      OddRequest("S5: gzip announced, identity sent", call("gzip", message), .answered),
      OddRequest("S5: an unknown encoding", call("foo", grpcMessage([1], flag: 1)), .status([12])) { frames in
        let accepted = frames.last?["grpc-accept-encoding"] ?? ""
        return accepted.contains("gzip") && !accepted.contains("foo") ? [] : ["grpc-accept-encoding is “\(accepted)”"]
      },
      OddRequest("S5: compressed, though it says identity", call("identity", grpcMessage([], flag: 1)), .status([13])),
      OddRequest("S5: compressed without an encoding", call(nil, grpcMessage([], flag: 1)), .status([13])),
      OddRequest("S5: gzip that is none", call("gzip", grpcMessage([1, 2, 3], flag: 1)), .status([13])),
      OddRequest(
        "S5: a gzip bomb", call("gzip", grpcMessage(gzipped(Array(repeating: 0, count: limit + 1)), flag: 1)),
        .status([8])),
      OddRequest(
        "S6: gzip for who lists it", call("gzip", grpcMessage(gzipped([]), flag: 1), accepting: "identity,gzip"),
        .answered
      ) { frames in
        frames[0]["grpc-encoding"] == "gzip" ? [] : ["grpc-encoding is \(frames[0]["grpc-encoding"] ?? "absent")"]
      },
      OddRequest(
        "S6: identity for who lists something else", call("gzip", grpcMessage(gzipped([]), flag: 1), accepting: "br"),
        .answered
      ) { frames in
        let isCompressed = frames.contains { $0.kind == .data && $0.payload.first == 1 }
        return frames[0]["grpc-encoding"] == nil && !isCompressed ? [] : ["compressed"]
      },
      OddRequest("S6: identity for who lists nothing", call("gzip", grpcMessage(gzipped([]), flag: 1)), .answered) {
        frames in
        frames[0]["grpc-encoding"] == nil ? [] : ["compressed"]
      },
    ]
  }()

  private static let messages: [OddRequest] =
    [CallKind.unary, .serverStream].flatMap { kind in
      [
        OddRequest("S13: no request/\(kind.rawValue)", [request(kind), data([])], .status([12])),
        OddRequest("S13: two requests/\(kind.rawValue)", [request(kind), data(message + message)], .status([12])),
        OddRequest(
          "S13: no body/\(kind.rawValue)", [.headers(1, grpcRequest(kind.path), endStream: true)], .status([12])),
      ]
    }
    + [CallKind.unary, .clientStream, .serverStream, .halfDuplex].flatMap { kind in
      [
        OddRequest(
          "S7: the end inside a message/\(kind.rawValue)", [request(kind), data([0, 0, 0, 0, 10, 1, 2])], .status([13])),
        OddRequest("S7: the end inside a prefix/\(kind.rawValue)", [request(kind), data([0, 0, 0])], .status([13])),
        OddRequest(
          "S13: what cannot be parsed/\(kind.rawValue)", [request(kind), data(grpcMessage([0xFF]))], .status([13])),
        OddRequest(
          "a flag that gRPC does not know/\(kind.rawValue)", [request(kind), data(grpcMessage([], flag: 3))],
          .status([13])),
        OddRequest(
          "S13: over the limit/\(kind.rawValue)", [request(kind), data([0, 0, 0x20, 0, 0], end: false)], .status([8])),
      ]
    } + [
      OddRequest(
        "S7: byte by byte, padded",
        [request()] + grpcMessage([18, 1, 7]).map { .data(1, [$0], padding: 200) } + [data([])], .answered),
      OddRequest("S7: many in one frame", [request(.clientStream), data(message + message + message)], .answered) {
        info($0)?.requests.count == 3 ? [] : ["\(info($0)?.requests.count ?? 0) requests"]
      },
      OddRequest("an empty stream of requests", [request(.clientStream), data([])], .answered),
      OddRequest(
        "S12: an answer before the client's end",
        [request(replacing: [":path": "/no.Such/Method"]), data(message, end: false)],
        .status([12])),
    ]

  private static let metadata: [OddRequest] = [
    OddRequest(
      "S8: metadata comes back as it was sent",
      [
        request(
          .unary,
          [("x-a", "1"), ("x-b", " two "), ("x-a", "3"), ("x-c-bin", "AQ=="), ("x-c-bin", "Ag,AwQ"), ("x.d_e-f", "")]),
        data(message),
      ], .answered
    ) { frames in
      let headers = info(frames)?.requestHeaders ?? []
      return OddResponse.lacks(headers, "x-a", ["1", "3"]) + OddResponse.lacks(headers, "x-b", ["two"])
        + OddResponse.lacks(headers, "x-c-bin", ["AQ", "Ag", "AwQ"]) + OddResponse.lacks(headers, "x.d_e-f", [""])
    },
    OddRequest("S8: wide values fail nothing", [request(.unary, [("x-wide", "é☺")]), data(message)], .answered),
    OddRequest("S8: a bad -bin value fails nothing", [request(.unary, [("x-bin", "!")]), data(message)], .answered),
    OddRequest("S8: reserved names are not metadata", [request(.unary, [("grpc-foo", "1")]), data(message)], .answered)
    {
      OddResponse.lacks(info($0)?.requestHeaders ?? [], "grpc-foo", [])
    },
    OddRequest(
      "S9: headers over the limit",
      Frame.longHeaders(1, grpcRequest(CallKind.unary.path, [("x-long", String(repeating: "x", count: 20_000))])) + [
        data(message)
      ],
      .status([8])),
  ]

  private static let errors: [OddRequest] = [
    OddRequest(
      "S11, S16: an error's message and details",
      [
        request(),
        data(
          defined(
            Definition(
              error: .with { ($0.code, $0.message, $0.details) = (.notFound, "50 % ☺\n", []) },
              trailers: [Header("x-t", "1", "2")]))),
      ], .status([5])
    ) { frames in
      var problems: [String] = []
      if frames[0]["grpc-message"] != "50 %25 %E2%98%BA%0A" {
        problems.append("grpc-message: \(frames[0]["grpc-message"] ?? "")")
      }
      if frames[0].fields.filter({ $0.name == "x-t" }).map(\.value) != ["1", "2"] { problems.append("trailers") }
      let bytes = Base64.decode((frames[0]["grpc-status-details-bin"] ?? "").utf8) ?? []
      let status = try? Google_Rpc_Status(serializedBytes: bytes)
      if status?.code != 5 || status?.message != "50 % ☺\n" || status?.details.count != 1 { problems.append("details") }
      if frames[0]["grpc-status-details-bin"]?.contains("=") == true { problems.append("padded base64") }
      return problems
    }
  ]

  /// A unary request with this definition.
  private static func defined(_ definition: Definition) -> [UInt8] {
    grpcMessage(Array(CallKind.unary.requests(definition, count: 1)[0].value))
  }
}
