// Tests of the suite's own comparisons: each deviation is reported as a problem.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct JudgementTests {
  private let definition = Definition(headers: [Header("a", "1", "2")], data: [Data([1])], trailers: [Header("b", "3")])

  /// The problems found after a change to the result of a successful call.
  private func problems(_ change: (inout ClientResponseResult) -> Void) -> [String] {
    let aCase = Case("a case", .unary, definition)
    var response = ClientCompatResponse()
    response.response = aCase.expectedResult
    change(&response.response)
    return aCase.problems(response)
  }

  @Test func `the defined result has no problem, and each difference is one`() throws {
    #expect(problems { _ in }.isEmpty)
    #expect(!problems { $0.responseHeaders = [Header("a", "2", "1")] }.isEmpty)
    #expect(!problems { $0.responseTrailers = [] }.isEmpty)
    #expect(!problems { $0.payloads[0].data = Data() }.isEmpty)
    #expect(!problems { $0.payloads[0].requestInfo.requests = [] }.isEmpty)
    #expect(!problems { $0.payloads[0].requestInfo.requestHeaders.removeAll() }.isEmpty)
    #expect(!problems { $0.payloads[0].requestInfo.timeoutMs = 1 }.isEmpty)
    #expect(!problems { $0.payloads.append(.init()) }.isEmpty)
    #expect(!problems { $0.error.code = .internal }.isEmpty)
    #expect(!problems { $0.numUnsentRequests = 1 }.isEmpty)
  }

  @Test func `another error code, message or detail is a problem`() throws {
    let wanted = ErrorDefinition.with { ($0.code, $0.message) = (.aborted, "m") }
    let aCase = Case("a case", .serverStream, Definition(error: wanted))
    for change in [
      { $0.code = .internal }, { $0.message = "n" }, { $0.details = [] },
      { $0.details = [(try? Google_Protobuf_Any(message: Header("x"))) ?? .init()] },
    ] as [(inout ErrorDefinition) -> Void] {
      var response = ClientCompatResponse()
      response.response = aCase.expectedResult
      #expect(aCase.problems(response).isEmpty)
      change(&response.response.error)
      #expect(!aCase.problems(response).isEmpty)
    }
  }

  @Test func `a misjudged odd response is a problem`() {
    let odd = OddResponse("odd", OddResponse.streams, [], .unknown, .internal, responses: 1)
    var response = ClientCompatResponse()
    response.response.payloads = [.init()]
    #expect(!odd.problems(response, .serverStream).isEmpty)
    response.response.error.code = .internal
    #expect(odd.problems(response, .serverStream).isEmpty)
    response.response.error.code = .aborted
    #expect(!odd.problems(response, .serverStream).isEmpty)
    response.response.error.code = .unknown
    response.response.payloads = []
    #expect(!odd.problems(response, .serverStream).isEmpty)
    response.error.message = "no"
    #expect(!odd.problems(response, .serverStream).isEmpty)
  }

  @Test func `another answer to an odd request is a problem`() {
    func frame(_ fields: [(String, String)]) -> Frame {
      var frame = Frame(.headers, flags: Frame.endStream | Frame.endHeaders, streamID: 1)
      frame.fields = fields.map { HeaderField($0, $1) }
      return frame
    }
    let status = frame([(":status", "200"), ("grpc-status", "12")])
    let http = frame([(":status", "415")])
    let reset = Frame.reset(1, code: 1)
    let expectations: [(OddRequest.Expectation, Frame)] = [
      (.status([12]), status), (.http(["415"]), http), (.reset(1), reset),
    ]
    for (expectation, right) in expectations {
      for answer in [status, http, reset] {
        #expect(OddRequest("odd", [], expectation).problems([answer]).isEmpty == (answer == right))
      }
    }
    #expect(!OddRequest("odd", [], .answered).problems([status]).isEmpty)
  }
}
