// The meaning of the end of a stream without a status.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import Testing

@testable import FreshetClient

@Suite struct StreamEndErrorTests {
  @Test(
    arguments: [
      (0, .internal), (1, .internal), (2, .internal), (3, .internal), (4, .internal), (6, .internal), (9, .internal),
      (10, .internal), (7, .unavailable), (8, .cancelled), (11, .resourceExhausted), (12, .permissionDenied),
      (5, .unknown),
      (13, .unknown), (0xffff, .unknown),
    ] as [(UInt32, Status.Code)])
  func `C3: a reset's code has its status, and is reported`(number: UInt32, code: Status.Code) {
    let reset = ErrorCode(rawValue: number)
    let error = RPCError.of(.resetByPeer(reset), connectionError: nil)
    #expect(error.code == code)
    #expect(error.message.contains(reset.description))
    #expect(error.origin == .peer)
    #expect((error.cause as? HTTP2Error)?.kind == .violation(reset))
  }

  @Test func `C4: a CANCEL that comes after the deadline is DEADLINE_EXCEEDED, another reset is unchanged`() {
    let late = RPCError.of(.resetByPeer(.cancel), connectionError: nil, lateMethod: "/a.B/C")
    #expect(late.code == .deadlineExceeded)
    #expect(late.message.contains("/a.B/C"))
    #expect(RPCError.of(.resetByPeer(.cancel), connectionError: nil).code == .cancelled)
    #expect(RPCError.of(.resetByPeer(.internalError), connectionError: nil, lateMethod: "/a.B/C").code == .internal)
  }

  @Test func `C6: an unprocessed stream and a lost connection are UNAVAILABLE with their cause`() {
    let cause = TransportError(.closedByPeer, "gone fishing")
    for end in [StreamEnd.unprocessed, .unsent, .leftOver, .connectionLost] {
      let error = RPCError.of(end, connectionError: cause)
      #expect(error.code == .unavailable)
      #expect(error.message.contains("gone fishing"))
      #expect((error.cause as? TransportError)?.message == "gone fishing")
      #expect(error.origin == .local)
      #expect(RPCError.of(end, connectionError: nil).code == .unavailable)
    }
  }

  @Test func `an end without a status is UNKNOWN, a broken rule INTERNAL`() {
    #expect(RPCError.of(.ended, connectionError: nil).code == .unknown)
    #expect(RPCError.of(.resetByUs(.protocolError), connectionError: nil).code == .internal)
  }

  @Test(arguments: Array(0...14) as [UInt32])
  func `C13: a code that a library never invents is never made`(number: UInt32) {
    let never: Set<Status.Code> = [
      .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .aborted, .outOfRange, .dataLoss,
    ]
    for end in [StreamEnd.resetByPeer(ErrorCode(rawValue: number)), .resetByUs(ErrorCode(rawValue: number))] {
      #expect(!never.contains(RPCError.of(end, connectionError: nil).code))
    }
  }
}
