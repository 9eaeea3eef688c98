// Status codes against gRPC's table, and their way over the wire.
import FreshetCore
import Testing

@Suite("Status")
struct StatusTests {
  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  @Test("Codes have gRPC's numbers and names")
  func codesHaveTheirNames() {
    #expect(Status.Code.allCases.map(\.rawValue) == Array(0...16))
    #expect(Status.Code.allCases.map(\.description) == StatusTests.names)
  }

  @Test("S10: a code is written without leading zeros and read back")
  func codesTravel() {
    #expect(Status.Code.deadlineExceeded.wireText == "4")
    for code in Status.Code.allCases { #expect(Status.Code(wire: code.wireText.utf8) == code) }
  }

  @Test(
    "C7: a grpc-status that cannot be parsed is UNKNOWN",
    arguments: ["", "17", "99", "-1", "+1", "1x", " 1", "007", "123456789012345678901234567890", "OK", "\u{1D7CF}"])
  func oddCodesAreUnknown(text: String) {
    #expect(Status.Code(wire: text.utf8) == .unknown)
  }

  @Test("A status describes itself by its code and its message")
  func statusDescribesItself() {
    #expect("\(Status.ok)" == "OK")
    #expect("\(Status(code: .notFound, message: "no such word"))" == "NOT_FOUND: no such word")
  }
}
