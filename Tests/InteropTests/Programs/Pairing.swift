// Which program calls which, over which security.

struct Pairing: Hashable, Sendable, CustomStringConvertible {
  var client: TestProgram
  var server: TestProgram
  var security: Security

  /// One side is ours, the other is not.
  static let columns: [(client: TestProgram, server: TestProgram)] = [
    (.freshet, .python), (.python, .freshet), (.freshet, .cpp), (.cpp, .freshet), (.hyperH2, .freshet),
  ]

  var description: String { "\(client.rawValue) → \(server.rawValue) over \(security.rawValue)" }
}
