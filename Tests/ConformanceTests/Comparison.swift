// Compares the result of a call with the expected one by the rules of conformance runners.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf

extension ClientResponseResult {
  func problems(comparedWith expected: ClientResponseResult) -> [String] {
    var problems = metadataProblems(expected)
    if payloads.count != expected.payloads.count {
      problems.append("\(payloads.count) responses and not \(expected.payloads.count)")
    }
    for (index, (actual, expected)) in zip(payloads, expected.payloads).enumerated() {
      let found = actual.problems(comparedWith: expected, isFirst: index == 0)
      problems += found.map { "response \(index + 1): \($0)" }
    }
    switch (hasError, expected.hasError) {
    case (false, false): break
    case (true, false): problems.append("the error \(error.shortText)")
    case (false, true): problems.append("no error, expected \(expected.error.shortText)")
    case (true, true): problems += error.problems(comparedWith: expected.error)
    }
    if numUnsentRequests != expected.numUnsentRequests {
      problems.append("\(numUnsentRequests) unsent requests and not \(expected.numUnsentRequests)")
    }
    return problems
  }

  /// A response without a message may have all its metadata in one header block, which counts as trailers.
  private func metadataProblems(_ expected: ClientResponseResult) -> [String] {
    let apart =
      responseHeaders.problems(lacking: expected.responseHeaders, "headers")
      + responseTrailers.problems(lacking: expected.responseTrailers, "trailers")
    guard !apart.isEmpty, expected.payloads.isEmpty else { return apart }
    let together = responseTrailers.problems(lacking: expected.responseHeaders + expected.responseTrailers, "")
    return together.isEmpty ? [] : apart
  }
}

extension [Header] {
  /// Values must be equal and in order; other headers are allowed.
  fileprivate func problems(lacking expected: [Header], _ what: String) -> [String] {
    expected.compactMap { header in
      let actual = first { $0.name.lowercased() == header.name.lowercased() }?.value ?? []
      return actual == header.value ? nil : "\(what): \(header.name) is \(actual) and not \(header.value)"
    }
  }
}

extension ConformancePayload {
  fileprivate func problems(comparedWith expected: ConformancePayload, isFirst: Bool) -> [String] {
    var problems: [String] = []
    if data != expected.data { problems.append("\(data.count) bytes and not the \(expected.data.count) expected") }
    if hasRequestInfo != expected.hasRequestInfo { problems.append("request info: \(hasRequestInfo)") }
    return problems + requestInfo.problems(comparedWith: expected.requestInfo, isFirst: isFirst)
  }
}

extension RequestInfo {
  fileprivate func problems(comparedWith expected: RequestInfo, isFirst: Bool) -> [String] {
    var problems: [String] = []
    if isFirst {
      problems = requestHeaders.problems(lacking: expected.requestHeaders, "request headers")
      if hasTimeoutMs != expected.hasTimeoutMs || timeoutMs > expected.timeoutMs {
        problems.append("a timeout of \(timeoutMs) ms, expected at most \(expected.timeoutMs)")
      }
    }
    if !requests.elementsEqual(expected.requests, by: Google_Protobuf_Any.areSame) {
      problems.append("other requests than were sent: \(requests.count) of \(expected.requests.count)")
    }
    return problems
  }
}

extension ErrorDefinition {
  var shortText: String { "\(code) “\(message)” with \(details.count) details" }

  fileprivate func problems(comparedWith expected: ErrorDefinition) -> [String] {
    var problems: [String] = []
    if code != expected.code { problems.append("the error is \(code) and not \(expected.code)") }
    if expected.hasMessage, message != expected.message {
      problems.append("the error's message is “\(message)” and not “\(expected.message)”")
    }
    if details.count != expected.details.count {
      problems.append("\(details.count) details and not \(expected.details.count)")
    }
    for (actual, expected) in zip(details, expected.details) {
      if let expectedInfo = try? RequestInfo(unpackingAny: expected), let info = try? RequestInfo(unpackingAny: actual)
      {
        problems += info.problems(comparedWith: expectedInfo, isFirst: true)
      } else if !Google_Protobuf_Any.areSame(actual, expected) {
        problems.append("another detail: \(actual.typeURL)")
      }
    }
    return problems
  }
}

extension Google_Protobuf_Any {
  /// Unlike `==`, ignores whether the content is stored as bytes or as a message.
  fileprivate static func areSame(_ left: Self, _ right: Self) -> Bool {
    left.typeURL == right.typeURL && left.value == right.value
  }
}
