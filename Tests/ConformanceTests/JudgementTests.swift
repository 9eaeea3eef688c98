// The suite's own judgement: what is not as it should be is a problem.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct JudgementTests {
  private let definition = Definition(headers: [Header("a", "1", "2")], data: [Data([1])], trailers: [Header("b", "3")])

  /// What a call that went well came to, and what is to be seen after a change of it.
  private func problems(_ change: (inout ClientResponseResult) -> Void) -> [String] {
    let aCase = Case("a case", .unary, definition)
    var response = ClientCompatResponse()
    response.response = aCase.expectedResult
    change(&response.response)
    return aCase.problems(response)
  }

  @Test func `a result as defined is none, and each thing that differs is one`() throws {
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

  @Test func `an error of another code, message or detail is one`() throws {
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

  @Test func `an odd response that is taken for another is one`() {
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

  @Test func `an odd request that is answered otherwise is one`() {
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
