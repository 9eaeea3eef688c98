// A case of the suite: a call and its expected result.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf

struct Case: Sendable {
  enum Expectation: Sendable {
    /// As the definition says.
    case asDefined
    /// One of these codes after this many responses.
    case failure([Connectrpc_Conformance_V1_Code], responses: Int)
  }

  var kind: CallKind
  var request: ClientCompatRequest
  var definition: Definition?
  var expectation: Expectation

  init(
    _ name: String, _ kind: CallKind, _ definition: Definition?, requests count: Int? = nil, dataBytes: Int = 3,
    _ expectation: Expectation = .asDefined, _ change: (inout ClientCompatRequest) -> Void = { _ in }
  ) {
    self.kind = kind
    self.definition = definition
    self.expectation = expectation
    request = .with {
      $0.testName = "\(kind.rawValue)/\(name)"
      $0.service = ConformanceService.serviceName
      $0.method = kind.method
      $0.streamType = kind.streamType
      $0.requestHeaders = [Header("X-Conformance-Test", "Value1", "Value2"), Header("x-conformance-bin", "AQID", "/w")]
      $0.requestMessages = kind.requests(
        definition, count: count ?? (kind.hasManyRequests ? 2 : 1), dataBytes: dataBytes)
    }
    change(&request)
  }

  /// The differences from the expected result.
  func problems(_ response: ClientCompatResponse) -> [String] {
    guard case .response(let result) = response.result else { return ["the client says “\(response.error.message)”"] }
    switch expectation {
    case .asDefined: return result.problems(comparedWith: expectedResult)
    case .failure(let codes, let count):
      var problems: [String] = []
      if !result.hasError || !codes.contains(result.error.code) {
        problems.append("the error is \(result.hasError ? result.error.shortText : "none") and not of \(codes)")
      }
      if result.payloads.count != count { problems.append("\(result.payloads.count) responses and not \(count)") }
      return problems
    }
  }

  // MARK: Expectations of the definition

  var expectedResult: ClientResponseResult {
    var result = ClientResponseResult()
    result.responseHeaders = definition?.headers ?? []
    result.responseTrailers = definition?.trailers ?? []
    result.payloads = payloads
    if var error = definition?.error {
      let seen = kind == .fullDuplex ? Array(request.requestMessages.prefix(1)) : request.requestMessages
      if result.payloads.isEmpty {
        do { error.details.append(try Google_Protobuf_Any(message: info(seen))) } catch { fatalError("\(error)") }
      }
      result.error = error
    }
    return result
  }

  private var payloads: [ConformancePayload] {
    let all = request.requestMessages
    guard kind.hasManyResponses else {
      if definition?.error != nil { return [] }
      return [.with { ($0.data, $0.requestInfo) = (definition?.data.first ?? Data(), info(all)) }]
    }
    guard let definition, !all.isEmpty else { return [] }
    return definition.data.enumerated().map { index, data in
      var payload = ConformancePayload.with { $0.data = data }
      if kind == .fullDuplex, index < all.count {
        payload.requestInfo = index == 0 ? info([all[0]]) : .with { $0.requests = [all[index]] }
      } else if index == 0 {
        payload.requestInfo = info(all)
      }
      return payload
    }
  }

  /// Everything the server should report about the call.
  private func info(_ requests: [Google_Protobuf_Any]) -> RequestInfo {
    .with {
      $0.requestHeaders = request.requestHeaders
      if request.hasTimeoutMs { $0.timeoutMs = Int64(request.timeoutMs) }
      $0.requests = requests
    }
  }
}
