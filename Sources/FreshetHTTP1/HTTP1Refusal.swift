// Requests that the carrier itself answers.
import NIOHTTP1

/// A request that does not reach a call: malformed, ambiguous, or beyond a limit. The connection closes after the
/// response, since request boundaries are no longer certain (RFC 9112 §9.3).
struct HTTP1Refusal: Error, Equatable {
  var status: Int
  var reason: String

  static func badRequest(_ reason: String) -> HTTP1Refusal { HTTP1Refusal(status: 400, reason: reason) }
}

extension HTTP1Refusal {
  /// Maps llhttp's errors to responses.
  init(_ error: any Error) {
    switch error as? HTTPParserError {
    case .headerOverflow: self.init(status: 431, reason: "the request's header fields exceed the server's limits")
    case .invalidVersion: self.init(status: 505, reason: "this version of HTTP is not served here")
    case .invalidMethod: self.init(status: 501, reason: "the request's method is unknown")
    case .invalidURL, .invalidHost, .invalidPort, .invalidPath, .invalidQueryString, .invalidFragment:
      self = .badRequest("the request target is malformed")
    case .invalidHeaderToken: self = .badRequest("a header field is malformed")
    case .invalidContentLength, .unexpectedContentLength:
      self = .badRequest("the request's length is malformed or ambiguous")
    case .invalidChunkSize: self = .badRequest("the size of a chunk is malformed")
    default: self = .badRequest("the request is malformed")
    }
  }
}
