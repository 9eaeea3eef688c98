// Requests that the carrier itself answers.

/// A request that does not reach a call: malformed, ambiguous, or beyond a limit. The connection closes after the
/// response, since request boundaries are no longer certain (RFC 9112 §9.3).
package struct HTTP1Refusal: Error, Equatable {
  package var status: Int
  package var reason: String
}

extension HTTP1Refusal {
  init(_ error: HTTP1SyntaxError) {
    let status =
      switch error.kind {
      case .malformed: 400
      case .startLineTooLong: 414
      case .unknownExpectation: 417
      case .fieldsTooLong: 431
      case .notImplemented: 501
      case .unknownVersion: 505
      }
    self.init(status: status, reason: "the request \(error.reason)")
  }
}
