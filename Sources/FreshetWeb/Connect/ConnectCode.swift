// gRPC's codes as Connect names them, and the HTTP statuses that stand for them (W38).
package import FreshetCore

extension Status.Code {
  /// The name in the JSON of Connect's errors, such as `deadline_exceeded`; cancelled has one `l` there.
  package var connectName: String {
    switch self {
    case .ok: "ok"
    case .cancelled: "canceled"
    default: description.lowercased()
    }
  }

  /// The code of that name. OK is not among them, since no error has it.
  package init?(connectName: String) {
    guard let code = Self.allCases.first(where: { $0 != .ok && $0.connectName == connectName }) else { return nil }
    self = code
  }

  /// The status of an answer that says this code.
  package var httpStatus: Int {
    switch self {
    case .ok: 200
    case .cancelled: 499
    case .invalidArgument, .failedPrecondition, .outOfRange: 400
    case .deadlineExceeded: 504
    case .notFound: 404
    case .alreadyExists, .aborted: 409
    case .permissionDenied: 403
    case .resourceExhausted: 429
    case .unimplemented: 501
    case .unavailable: 503
    case .unauthenticated: 401
    case .unknown, .internal, .dataLoss: 500
    }
  }

  /// What an answer of Connect's means whose body says no code. gRPC makes INTERNAL of 431 (C2), Connect does not.
  package init(connectHTTPStatus status: Int) {
    switch status {
    case 400: self = .internal
    case 401: self = .unauthenticated
    case 403: self = .permissionDenied
    case 404: self = .unimplemented
    case 429, 502, 503, 504: self = .unavailable
    default: self = .unknown
    }
  }
}
