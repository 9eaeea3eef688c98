// One case with one pairing: a cell of the matrix.
import Testing
@testable import interop_client

struct Trial: Hashable, Sendable, CustomTestStringConvertible {
  var testCase: TestCase
  var pairing: Pairing

  /// In the order of the matrix. hyper-h2 is the client only where gRPC's own clients cannot be.
  static let all: [Trial] = TestCase.allCases.flatMap { testCase in
    Pairing.columns.flatMap { column in
      Security.common.map { security in
        Trial(testCase: testCase, pairing: Pairing(client: column.client, server: column.server, security: security))
      }
    }
  }.filter { $0.pairing.client != .hyperH2 || $0.testCase == .orcaPerRPC }

  /// Why this pairing cannot run the case; nil if it can. For either of our roles, each case has another pairing
  /// that can.
  var obstacle: String? {
    switch (pairing.client, pairing.server, testCase) {
    case (.freshet, .python, .clientCompressedUnary), (.freshet, .python, .clientCompressedStreaming):
      "gRPC for Python does not tell a handler whether a request was compressed, so it cannot refuse one that was not"
    case (.python, _, .clientCompressedStreaming):
      "gRPC for Python's client compresses all requests of a call or none"
    case (.python, _, .serverCompressedUnary), (.python, _, .serverCompressedStreaming):
      "gRPC for Python does not tell its caller whether a response was compressed"
    case (.python, _, .orcaPerRPC), (.cpp, _, .orcaPerRPC):
      "gRPC's core takes endpoint-load-metrics-bin out of the trailers, for load balancers; no application sees it"
    default: nil
    }
  }

  var testDescription: String { "\(testCase.rawValue), \(pairing)" }
}
