// Reports the expected and the actual value when they differ.
import Freshet

/// A deviation of a server from the expected behaviour.
struct Unexpected: Error, CustomStringConvertible {
  let what: String
  let expected: String
  let came: String

  var description: String { "\(what): expected \(expected), but \(came) came" }
}

/// - Throws: `Unexpected` unless the two are equal.
func expect<Value: Equatable>(_ what: String, _ came: Value, is expected: Value) throws {
  guard came == expected else {
    throw Unexpected(what: what, expected: String(reflecting: expected), came: String(reflecting: came))
  }
}

/// Makes a call that must fail.
/// - Parameter message: nil leaves the text to the server.
/// - Throws: `Unexpected` when the call succeeds, or ends with another status.
func expectStatus(
  _ code: Status.Code, message: String? = nil, of what: String, _ call: () async throws -> Void
) async throws {
  do {
    try await call()
  } catch let error as RPCError {
    guard error.code == code else { throw Unexpected(what: what, expected: "\(code)", came: "\(error)") }
    if let message { try expect("the status message of \(what)", error.message, is: message) }
    return
  }
  throw Unexpected(what: what, expected: "\(code)", came: "OK")
}
