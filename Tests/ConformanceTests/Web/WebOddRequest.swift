// Requests in the web's protocols that a correct client would not send, or of unusual shape; and the server's answers.
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetCore
import NIOCore
import SwiftProtobuf
import TestSupport

struct WebOddRequest: Sendable {
  enum Expectation: Sendable {
    /// A response of the protocol, without an error.
    case answered
    /// An HTTP status, with Connect's JSON of this code.
    case error(Int, Connectrpc_Conformance_V1_Code)
    /// HTTP status 200, and this code where streams have it: in the last envelope or in trailers.
    case ended(Connectrpc_Conformance_V1_Code)
    /// An HTTP status; the body is for people.
    case http(Int)
  }

  var name: String
  var request: WebRequest
  var expectation: Expectation
  /// Fields that the response has.
  var fields: [String: String] = [:]
  var carriers = WebCarrier.allCases
  var check: @Sendable (WebResponse) -> [String] = { _ in [] }

  init(
    _ name: String, _ request: WebRequest, _ expectation: Expectation, fields: [String: String] = [:],
    on carriers: [WebCarrier] = WebCarrier.allCases, check: @escaping @Sendable (WebResponse) -> [String] = { _ in [] }
  ) {
    (self.name, self.request, self.expectation, self.fields, self.check) = (name, request, expectation, fields, check)
    self.carriers = carriers
  }

  func problems(_ response: WebResponse) -> [String] {
    var problems = check(response)
    if let breach = response.breach { problems.append(breach) }
    if !response.trailers.isEmpty { problems.append("HTTP trailers") }
    for (name, value) in fields where response[name] != value {
      problems.append("\(name) is \(response[name] ?? "absent") and not \(value)")
    }
    // The runner's client reads an error of Connect's wherever the content-type is JSON.
    var feedback: [String] = [], error = ErrorDefinition()
    var isError = response.status != 200 && response["content-type"] == "application/json" && request.method != "HEAD"
    if case .http = expectation { isError = false }
    if isError { error = ErrorDefinition(connectJSON: response.body, &feedback) }
    problems += feedback
    switch expectation {
    case .answered:
      if response.status != 200 { problems.append("the HTTP status is \(response.status)") }
      if let code = endCode(response) { problems.append("the call ends with \(code)") }
    case .error(let status, let code):
      if response.status != status { problems.append("the HTTP status is \(response.status) and not \(status)") }
      if request.method != "HEAD", error.code != code { problems.append("the code is \(error.code) and not \(code)") }
    case .ended(let code):
      if response.status != 200 { problems.append("the HTTP status is \(response.status) and not 200") }
      if endCode(response) != code {
        problems.append("the call ends with \(endCode(response).map { "\($0)" } ?? "no code") and not \(code)")
      }
    case .http(let status):
      if response.status != status { problems.append("the HTTP status is \(response.status) and not \(status)") }
    }
    return problems
  }

  /// The code in the last envelope of a stream; nil for success, and for what has no envelopes.
  private func endCode(_ response: WebResponse) -> Connectrpc_Conformance_V1_Code? {
    let type = response["content-type"] ?? ""
    var body = response.body
    if type.hasPrefix("application/grpc-web-text") { body = Base64.runs(body) ?? [] }
    guard type.hasPrefix("application/connect+") || type.hasPrefix("application/grpc-web"),
      let last = try? Envelopes(body).all.last
    else { return nil }
    if type.hasPrefix("application/connect+") {
      let end = (try? JSONSerialization.jsonObject(with: Data(last.message))) as? [String: Any]
      guard last.flag == 2, let end else { return .unspecified }
      guard let error = end["error"], let json = try? JSONSerialization.data(withJSONObject: error) else { return nil }
      var feedback: [String] = []
      return ErrorDefinition(connectJSON: Array(json), &feedback).code
    }
    let lines = String(decoding: last.message, as: UTF8.self).components(separatedBy: "\r\n")
    let status = lines.first { $0.hasPrefix("grpc-status:") }?.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
    guard last.flag == 0x80, let status, let number = Int(status) else { return .unspecified }
    return number == 0 ? nil : .init(rawValue: number)
  }

  // MARK: Parts of requests

  static func post(
    _ kind: CallKind, _ type: String?, _ more: [(String, String)] = [], body: [UInt8] = []
  ) -> WebRequest {
    WebRequest("POST", kind.path, (type.map { [("content-type", $0)] } ?? []) + more, body: [body])
  }

  static func get(_ query: String, _ more: [(String, String)] = []) -> WebRequest {
    WebRequest("GET", "\(CallKind.idempotentUnary.path)?\(query)", more)
  }

  /// An empty message.
  static let message = grpcMessage([])

  static func gzip(_ bytes: [UInt8]) -> [UInt8] { gzipped(bytes) }
}
