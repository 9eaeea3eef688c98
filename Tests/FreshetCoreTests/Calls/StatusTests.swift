// Status codes compared with gRPC's table, and on the wire.
import FreshetCore
import Testing

@Suite("Status")
struct StatusTests {
  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  @Test func `Codes have gRPC's numbers and names`() {
    #expect(Status.Code.allCases.map(\.rawValue) == Array(0...16))
    #expect(Status.Code.allCases.map(\.description) == StatusTests.names)
  }

  @Test func `S10: a code is written without leading zeros and read back`() {
    #expect(Status.Code.deadlineExceeded.wireText == "4")
    for code in Status.Code.allCases { #expect(Status.Code(wire: code.wireText.utf8) == code) }
  }

  @Test(
    arguments: ["", "17", "99", "-1", "+1", "1x", " 1", "007", "123456789012345678901234567890", "OK", "\u{1D7CF}"])
  func `C7: a grpc-status that cannot be parsed is UNKNOWN`(text: String) {
    #expect(Status.Code(wire: text.utf8) == .unknown)
  }

  @Test func `A status describes itself by its code and its message`() {
    #expect("\(Status.ok)" == "OK")
    #expect("\(Status(code: .notFound, message: "no such word"))" == "NOT_FOUND: no such word")
  }
}
