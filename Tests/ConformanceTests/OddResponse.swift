// A response that a correct server would not send, or of unusual shape; and the client's interpretation.
import ConformanceStubs
import ConformanceSupport
import TestSupport

struct OddResponse: Sendable {
  typealias Code = Connectrpc_Conformance_V1_Code
  typealias Check = @Sendable (ClientResponseResult) -> [String]

  var name: String
  var kinds: [CallKind]
  /// Sent on stream 1 after the requests.
  var frames: [Frame]
  /// Sent on stream 3 after a retry, if one is expected.
  var framesOfSecondTry: [Frame] = []
  /// One of these; OK if empty.
  var codes: [Code]
  /// For a method with a stream of responses.
  var responses: Int
  var change: @Sendable (inout ClientCompatRequest) -> Void = { _ in }
  var check: Check = { _ in [] }

  static let everyKind: [CallKind] = [.unary, .clientStream, .serverStream, .halfDuplex]
  static let singles: [CallKind] = [.unary, .clientStream]
  static let streams: [CallKind] = [.serverStream, .halfDuplex]

  init(
    _ name: String, _ kinds: [CallKind], _ frames: [Frame], _ codes: Code..., responses: Int = 0,
    check: @escaping Check = { _ in [] }, change: @escaping @Sendable (inout ClientCompatRequest) -> Void = { _ in }
  ) {
    self.name = name
    self.kinds = kinds
    self.frames = frames
    self.codes = codes
    self.responses = responses
    self.change = change
    self.check = check
  }

  /// For all kinds of call with the same response.
  init(
    _ name: String, _ frames: [Frame], _ codes: Code..., responses: Int = 0, check: @escaping Check = { _ in [] },
    change: @escaping @Sendable (inout ClientCompatRequest) -> Void = { _ in }
  ) {
    self.init(name, Self.everyKind, frames, responses: responses, check: check, change: change)
    self.codes = codes
  }

  /// A server that refuses the first attempt.
  func onSecondTry(_ frames: [Frame]) -> OddResponse {
    var copy = self
    copy.framesOfSecondTry = frames
    return copy
  }

  func problems(_ response: ClientCompatResponse, _ kind: CallKind) -> [String] {
    guard case .response(let result) = response.result else { return ["the client says “\(response.error.message)”"] }
    var problems = check(result)
    let code = result.hasError ? [result.error.code] : []
    if codes.isEmpty ? !code.isEmpty : !codes.contains(where: { [$0] == code }) {
      problems.append("the error is \(result.hasError ? result.error.shortText : "none") and not of \(codes)")
    }
    let expectedCount = kind.hasManyResponses ? responses : codes.isEmpty ? 1 : 0
    if result.payloads.count != expectedCount {
      problems.append("\(result.payloads.count) responses and not \(expectedCount)")
    }
    return problems
  }

  // MARK: Parts of responses

  static let head = [(":status", "200"), ("content-type", "application/grpc")]

  static func headers(_ more: [(String, String)] = [], end: Bool = false) -> Frame {
    .headers(1, head + more, endStream: end)
  }

  static func trailers(_ status: Int?, _ more: [(String, String)] = []) -> Frame {
    .headers(1, (status.map { [("grpc-status", String($0))] } ?? []) + more, endStream: true)
  }

  static func data(_ bytes: [UInt8], end: Bool = false) -> Frame { .data(1, bytes, endStream: end) }

  /// An empty message.
  static let message = grpcMessage([])

  static func lacks(_ headers: [Header], _ name: String, _ values: [String]) -> [String] {
    let actual = headers.first { $0.name == name }?.value ?? []
    return actual == values ? [] : ["\(name) is \(actual) and not \(values)"]
  }
}
