// The calls between the client and the server under test.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport

enum DefinedCases {
  static let all = ordinary + errors + limits + timeouts + cancellations

  private static let two = [Data("test response".utf8), Data("another".utf8)]
  private static let headers = [Header("x-custom-header", "foo", "bar"), Header("x-custom-bin", "AAEC")]
  private static let trailers = [Header("x-custom-trailer", "bing", "bang", "bing"), Header("x-trailing-bin", "//8")]
  private static let plain = Definition(headers: headers, data: two, trailers: trailers)
  /// Longer than any case may take, for events that must not happen.
  private static let never: UInt32 = 120_000

  private static func error(_ code: Connectrpc_Conformance_V1_Code, _ message: String = "failed") -> ErrorDefinition {
    .with { ($0.code, $0.message) = (code, message) }
  }

  private static func forEachKind(_ make: (CallKind) -> [Case]) -> [Case] { CallKind.allCases.flatMap(make) }

  // MARK: Successful calls

  private static let ordinary: [Case] = forEachKind { kind in
    var cases = [
      Case("success", kind, plain),
      Case("no definition", kind, nil, requests: 1),
      Case("an empty definition", kind, Definition()),
      Case("no responses", kind, Definition(headers: headers, trailers: trailers)),
      Case("no data", kind, Definition(data: [Data()]), dataBytes: 0),
      Case("a timeout that does not pass", kind, plain) { $0.timeoutMs = 100_000 },
      Case("delays", kind, Definition(headers: headers, data: two, trailers: trailers, delayMilliseconds: 5)) {
        $0.requestDelayMs = 5
      },
      Case("large messages", kind, Definition(data: [Data(repeating: 7, count: 100_000)]), dataBytes: 80_000),
    ]
    if kind.hasManyRequests {
      cases += [
        Case("no requests", kind, nil, requests: 0),
        Case("more requests than responses", kind, plain, requests: kind == .fullDuplex ? 2 : 9),
      ]
    }
    if kind.hasManyResponses {
      let many = (0..<50).map { Data("response \($0)".utf8) }
      cases.append(Case("more responses than requests", kind, Definition(data: many)))
    }
    return cases
  }

  // MARK: Errors

  private static let errors: [Case] = forEachKind { kind in
    let codes = Connectrpc_Conformance_V1_Code.allCases.filter { $0 != .unspecified }
    var cases = codes.map { code in
      // When the error arrives, a full-duplex client has sent one request and may or may not send the next.
      Case("error \(code)", kind, Definition(error: error(code, "\(code)")), requests: kind.hasManyRequests ? 1 : nil)
    }
    let bare = ErrorDefinition.with { $0.code = .aborted }
    let unicode = "\ttest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈, 100 %\n"
    var detailed = error(.failedPrecondition)
    detailed.details = [any(Header("a", "detail")), any(BidiStreamRequest.with { $0.fullDuplex = true })]
    for (name, definition) in [
      ("error without a message", bare),
      ("error with a long message", error(.internal, String(repeating: "é", count: 500))),
      ("error in Unicode", error(.unknown, unicode)), ("error with details", detailed),
    ] {
      cases.append(
        Case(
          name, kind, Definition(headers: headers, error: definition, trailers: trailers),
          requests: kind.hasManyRequests ? 1 : nil))
    }
    if kind.hasManyResponses {
      cases.append(
        Case(
          "error after responses", kind,
          Definition(headers: headers, data: two, error: error(.dataLoss), trailers: trailers)))
    }
    return cases
  }

  private static func any(_ message: some SwiftProtobuf.Message) -> Google_Protobuf_Any {
    do { return try Google_Protobuf_Any(message: message) } catch { fatalError("\(error)") }
  }

  // MARK: Limits

  private static let limits: [Case] = forEachKind { kind in
    // Included twice in the response: as its data, and in the request that it reports.
    let large = Definition(data: [Data(repeating: 1, count: 50_000)])
    let limit = ConformanceRun.serverReceiveLimit
    // A request reaches the limit when its data fills what the rest of the message leaves.
    let rest = kind.requests(Definition(data: [Data("x".utf8)]), count: 1, dataBytes: limit)[0].value.count - limit
    let small = Definition(data: [Data("x".utf8)])
    return [
      Case("a response over the client's limit", kind, large, .failure([.resourceExhausted], responses: 0)) {
        $0.messageReceiveLimit = 100_000
      },
      Case("a response below the client's limit", kind, large) { $0.messageReceiveLimit = 110_000 },
      Case("a request as large as the server's limit", kind, small, requests: 1, dataBytes: limit - rest),
      Case(
        "a request one byte over the server's limit", kind, small, requests: 1, dataBytes: limit - rest + 1,
        .failure([.resourceExhausted], responses: 0)),
    ]
  }

  // MARK: Deadlines

  private static let timeouts: [Case] = forEachKind { kind in
    [
      Case(
        "a deadline that passes", kind, Definition(data: two, delayMilliseconds: never),
        .failure([.deadlineExceeded], responses: 0)
      ) { $0.timeoutMs = 300 },
      Case("a deadline that has passed", kind, plain, .failure([.deadlineExceeded], responses: 0)) { $0.timeoutMs = 0 },
    ]
  }

  // MARK: Cancellations

  /// More than the client's stream window even when compressed, so it cannot arrive in full before it is read.
  private static let tooMuchToArrive: Data = {
    var generator = SeededRandom(seed: 1)
    return Data((0..<600_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }()

  private static let cancellations: [Case] = forEachKind { kind in
    // A full-duplex call has two responses before its client closes; a third, unread one does not arrive.
    let isFull = kind == .fullDuplex
    let slow = isFull ? Definition(data: two + [tooMuchToArrive]) : Definition(data: two, delayMilliseconds: never)
    let seen = isFull ? 2 : 0
    var cases = [
      Case("cancel without a timing", kind, slow, .failure([.canceled], responses: seen)) { $0.cancel = .init() },
      Case("cancel after closing", kind, slow, .failure([.canceled], responses: seen)) {
        $0.cancel.afterCloseSendMs = 5
      },
    ]
    if kind.hasManyRequests {
      cases.append(
        Case("cancel before closing", kind, plain, .failure([.canceled], responses: seen)) {
          $0.cancel.beforeCloseSend = .init()
        })
    }
    if kind.hasManyResponses {
      let oneAtOnce = Definition(data: [two[0], tooMuchToArrive])
      cases += [
        Case("cancel after no response", kind, slow, .failure([.canceled], responses: 0)) {
          $0.cancel.afterNumResponses = 0
        },
        Case("cancel after one response", kind, oneAtOnce, .failure([.canceled], responses: 1)) {
          $0.cancel.afterNumResponses = 1
        },
      ]
    }
    return cases
  }
}
