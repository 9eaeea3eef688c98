// W38: names and HTTP statuses of codes.
import FreshetCore
import FreshetWeb
import Testing

@Suite("ConnectCode")
struct ConnectCodeTests {
  @Test(
    arguments: [
      (.cancelled, "canceled", 499), (.unknown, "unknown", 500), (.invalidArgument, "invalid_argument", 400),
      (.deadlineExceeded, "deadline_exceeded", 504), (.notFound, "not_found", 404),
      (.alreadyExists, "already_exists", 409),
      (.permissionDenied, "permission_denied", 403), (.resourceExhausted, "resource_exhausted", 429),
      (.failedPrecondition, "failed_precondition", 400), (.aborted, "aborted", 409), (.outOfRange, "out_of_range", 400),
      (.unimplemented, "unimplemented", 501), (.internal, "internal", 500), (.unavailable, "unavailable", 503),
      (.dataLoss, "data_loss", 500), (.unauthenticated, "unauthenticated", 401),
    ] as [(Status.Code, String, Int)])
  func `W38: each code has a name and an HTTP status`(code: Status.Code, name: String, httpStatus: Int) {
    #expect(code.connectName == name)
    #expect(Status.Code(connectName: name) == code)
    #expect(code.httpStatus == httpStatus)
  }

  @Test(arguments: ["", "ok", "cancelled", "NOT_FOUND", "Not_found", "5", "null", "not-found"])
  func `W38: other names are none`(name: String) { #expect(Status.Code(connectName: name) == nil) }

  @Test func `W38: a body without a code leaves it to the HTTP status`() {
    let codes: [Int: Status.Code] = [
      400: .internal, 401: .unauthenticated, 403: .permissionDenied, 404: .unimplemented, 429: .unavailable,
      502: .unavailable, 503: .unavailable, 504: .unavailable,
    ]
    for status in 0...1000 { #expect(Status.Code(connectHTTPStatus: status) == codes[status] ?? .unknown) }
  }
}
