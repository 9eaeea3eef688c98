// A request that a correct client would not send, or of unusual shape; and the server's answer.
import ConformanceStubs
import ConformanceSupport
import Freshet
import TestSupport

struct OddRequest: Sendable {
  enum Expectation: Sendable {
    /// `grpc-status` in trailers after a message.
    case answered
    /// One of these, in the only header block of the response.
    case status([Int])
    /// An HTTP status without a gRPC status (S17).
    case http([String])
    /// RST_STREAM with this code.
    case reset(UInt32)
  }

  var name: String
  /// On stream 1.
  var frames: [Frame]
  var expectation: Expectation
  var check: @Sendable ([Frame]) -> [String] = { _ in [] }

  init(
    _ name: String, _ frames: [Frame], _ expectation: Expectation,
    check: @escaping @Sendable ([Frame]) -> [String] = { _ in [] }
  ) {
    self.name = name
    self.frames = frames
    self.expectation = expectation
    self.check = check
  }

  /// - Parameter response: the stream's frames up to END_STREAM or RST_STREAM.
  func problems(_ response: [Frame]) -> [String] {
    let problems = check(response)
    let shape = response.map { "\($0.kind.map { "\($0)" } ?? "?") \($0["grpc-status"] ?? $0[":status"] ?? "")" }
    let isRight =
      switch expectation {
      case .answered: response.contains { $0.kind == .data } && response.last?["grpc-status"] == "0"
      case .status(let codes):
        response.count == 1 && response[0][":status"] == "200"
          && codes.contains { "\($0)" == response[0]["grpc-status"] }
      case .http(let statuses):
        response.last?["grpc-status"] == nil && statuses.contains { $0 == response.first?[":status"] }
      case .reset(let code): response.last?.kind == .reset && response.last?.number() == code
      }
    return isRight ? problems : problems + ["the answer \(shape) is not \(expectation)"]
  }

  // MARK: Parts of requests

  static func request(
    _ kind: CallKind = .unary, _ more: [(String, String)] = [], without name: String? = nil,
    replacing replaced: [String: String] = [:]
  ) -> Frame {
    let fields = grpcRequest(kind.path, more).filter { $0.0 != name }
    return .headers(1, fields.map { ($0.0, replaced[$0.0] ?? $0.1) })
  }

  static func data(_ bytes: [UInt8], end: Bool = true) -> Frame { .data(1, bytes, endStream: end) }

  /// An empty message; the server answers with an empty payload and a report of the request.
  static let message = grpcMessage([])

  /// The server's report of the request.
  static func info(_ response: [Frame]) -> RequestInfo? {
    let bytes = response.filter { $0.kind == .data }.flatMap(\.payload)
    return try? UnaryResponse(serializedBytes: Array(bytes.dropFirst(5))).payload.requestInfo
  }
}
