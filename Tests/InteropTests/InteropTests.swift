// gRPC for Python against this library in both roles. All suites of this folder belong to it.
import EchoStubs
import Testing

/// Each test is a row of the matrix that is printed at the end: case × our role × security. They run one after the
/// other: several need the whole machine, and a deadline that expires in the wrong place proves nothing.
@Suite(.pythonPeers, .serialized) struct InteropTests {}

/// The four kinds of call, by the methods of the echo service.
enum CallKind: String, CaseIterable, Codable, Sendable {
  /// Unary.
  case get
  /// Server streaming.
  case expand
  /// Client streaming.
  case collect
  /// Bidirectional.
  case update

  static let streamingResponses: [CallKind] = [.expand, .update]
  static let streamingRequests: [CallKind] = [.collect, .update]

  /// What an echo server answers to these words; `peer` is the language that it is written in.
  func answers(to words: [String], by peer: String) -> [String] {
    switch self {
    case .get, .collect: [words.joined(separator: " ")]
    case .expand: words
    case .update: words.map { "\(peer) says: \($0)" }
    }
  }
}

/// Runs `body` for the four kinds of call at the same time, for cases that wait.
func withAllKinds(_ body: @escaping @Sendable (CallKind) async throws -> Void) async throws {
  try await withThrowingTaskGroup { group in
    for kind in CallKind.allCases { group.addTask { try await body(kind) } }
    try await group.waitForAll()
  }
}

extension Echo_V1_Message {
  init(_ text: String) {
    self.init()
    self.text = text
  }
}
