// Makes calls in each protocol by hand, and complains of what a response has beside its answer (web.md W41).
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetCore
import GoogleRPC
import NIOCore
import SwiftProtobuf
import TestSupport

struct ReferenceClient: Sendable {
  let setup: WebSetup
  private let kind: CallKind

  init(_ setup: WebSetup, _ kind: CallKind) {
    self.setup = setup
    self.kind = kind
    Freshet.registerMessages([
      UnaryRequest.self, IdempotentUnaryRequest.self, ServerStreamRequest.self, ClientStreamRequest.self,
      BidiStreamRequest.self, Header.self, RequestInfo.self,
    ])
  }

  /// The call's result, with complaints as its feedback.
  func call(_ call: ClientCompatRequest, port: Int) async throws -> ClientCompatResponse {
    let request = try request(call)
    let response = try await setup.carrier.exchange(request, port: port, identity: setup.server.identity)
    var result = try result(response)
    if let breach = response.breach { result.feedback.append(breach) }
    if setup.speaks != .grpc, !response.trailers.isEmpty { result.feedback.append("HTTP trailers") }
    checkQuery(request, &result)
    return .with {
      $0.testName = call.testName
      $0.response = result
    }
  }

  // MARK: Requests

  private func request(_ call: ClientCompatRequest) throws -> WebRequest {
    let messages = try call.requestMessages.map { try encode($0) }
    var fields = call.requestHeaders.flatMap { header in header.value.map { (header.name, $0) } }
    if setup.speaks == .connectGET { return get(messages.first ?? [], fields, call) }
    let compressed = try messages.map { setup.encoding == .identity ? $0 : try setup.encoding.compress($0) }
    fields.append(("content-type", contentType))
    switch setup.speaks {
    case .grpc, .grpcWeb, .grpcWebText:
      fields.append(("grpc-accept-encoding", setup.encoding.rawValue))
      if setup.encoding != .identity { fields.append(("grpc-encoding", setup.encoding.rawValue)) }
      if call.hasTimeoutMs { fields.append(("grpc-timeout", "\(call.timeoutMs)m")) }
      fields.append(setup.speaks == .grpc ? ("te", "trailers") : ("x-grpc-web", "1"))
    case .connect where isUnary:
      fields.append(("accept-encoding", setup.encoding.rawValue))
      if setup.encoding != .identity { fields.append(("content-encoding", setup.encoding.rawValue)) }
    case .connect, .connectGET:
      fields.append(("connect-accept-encoding", setup.encoding.rawValue))
      if setup.encoding != .identity { fields.append(("connect-content-encoding", setup.encoding.rawValue)) }
    }
    if setup.speaks == .connect {
      fields.append(("connect-protocol-version", "1"))
      if call.hasTimeoutMs { fields.append(("connect-timeout-ms", "\(call.timeoutMs)")) }
    }
    var body = compressed
    if !isBare {
      body = compressed.map { grpcMessage($0, flag: setup.encoding == .identity ? 0 : 1) }
      if setup.speaks == .grpcWebText { body = body.map { Array(Base64.padded($0).utf8) } }
    }
    var request = WebRequest("POST", kind.path, fields, body: body)
    request.isInLockstep = kind == .fullDuplex && setup.speaks != .grpcWebText
    return request
  }

  /// In the order of parameters that caches rely on (W34).
  private func get(_ message: [UInt8], _ fields: [(String, String)], _ call: ClientCompatRequest) -> WebRequest {
    var fields = fields
    var parameters = ["connect=v1"]
    if !setup.isJSON || setup.encoding != .identity { parameters.append("base64=1") }
    var shown = String(decoding: message, as: UTF8.self)
    if setup.encoding != .identity {
      parameters.append("compression=\(setup.encoding.rawValue)")
      fields.append(("accept-encoding", setup.encoding.rawValue))
    }
    parameters.append("encoding=\(setup.isJSON ? "json" : "proto")")
    if parameters.contains("base64=1") {
      let bytes = setup.encoding == .identity ? message : (try? setup.encoding.compress(message)) ?? []
      shown = Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_")
    } else {
      shown = shown.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
    parameters.append("message=\(shown)")
    fields.append(("connect-protocol-version", "1"))
    if call.hasTimeoutMs { fields.append(("connect-timeout-ms", "\(call.timeoutMs)")) }
    return WebRequest("GET", "\(kind.path)?\(parameters.joined(separator: "&"))", fields)
  }

  /// The server tells what it saw of a query (`connect_get_info`), and sees none where there is none.
  private func checkQuery(_ request: WebRequest, _ result: inout ClientResponseResult) {
    let query = request.path.split(separator: "?").dropFirst().first ?? ""
    let sent = query.split(separator: "&").map { parameter in
      let parts = parameter.split(separator: "=", omittingEmptySubsequences: false)
      return Header(String(parts[0]), parts[1].removingPercentEncoding ?? "")
    }
    for payload in result.payloads where payload.hasRequestInfo {
      let seen = payload.requestInfo.connectGetInfo.queryParams
      if seen != sent { result.feedback.append("the server saw the query \(seen), and not \(sent)") }
    }
  }

  private var isUnary: Bool { kind == .unary || kind == .idempotentUnary }
  /// Whether a body is one message without an envelope.
  private var isBare: Bool { isUnary && (setup.speaks == .connect || setup.speaks == .connectGET) }

  private var contentType: String {
    let codec = setup.isJSON ? "json" : "proto"
    return switch setup.speaks {
    case .grpc: "application/grpc+\(codec)"
    case .grpcWeb: "application/grpc-web+\(codec)"
    case .grpcWebText: "application/grpc-web-text+\(codec)"
    case .connect, .connectGET: isUnary ? "application/\(codec)" : "application/connect+\(codec)"
    }
  }

  private func encode(_ any: Google_Protobuf_Any) throws -> [UInt8] {
    if !setup.isJSON { return Array(any.value) }
    return switch kind {
    case .unary: try UnaryRequest(unpackingAny: any).jsonUTF8Bytes()
    case .idempotentUnary: try IdempotentUnaryRequest(unpackingAny: any).jsonUTF8Bytes()
    case .serverStream: try ServerStreamRequest(unpackingAny: any).jsonUTF8Bytes()
    case .clientStream: try ClientStreamRequest(unpackingAny: any).jsonUTF8Bytes()
    case .halfDuplex, .fullDuplex: try BidiStreamRequest(unpackingAny: any).jsonUTF8Bytes()
    }
  }

  // MARK: Responses

  private func result(_ response: WebResponse) throws -> ClientResponseResult {
    var result = ClientResponseResult()
    result.httpStatusCode = Int32(response.status)
    let isError = isBare && response.status != 200
    let plain = setup.isJSON ? nil : "application/grpc"  // proto goes without saying
    if let type = response["content-type"], type == (isError ? "application/json" : contentType) || type == plain {
    } else {
      result.feedback.append("the content-type is \(response["content-type"] ?? "absent")")
    }
    switch setup.speaks {
    case .grpc: try readGRPC(response, &result)
    case .grpcWeb, .grpcWebText: try readGRPCWeb(response, &result)
    case .connect, .connectGET:
      if isBare { try readUnary(response, &result) } else { try readStream(response, &result) }
    }
    return result
  }

  /// Decodes a message, which a failed call of a method with one response does not have.
  private func append(_ message: [UInt8], isCompressed: Bool, _ encoding: String?, _ result: inout ClientResponseResult)
    throws
  {
    var bytes = message
    if isCompressed {
      guard let known = WebSetup.Encoding(rawValue: encoding ?? ""), known == setup.encoding, known != .identity else {
        result.feedback.append("a response is compressed by \(encoding ?? "nothing")")
        return
      }
      bytes = try known.decompress(bytes)
    }
    result.payloads.append(try payload(bytes))
  }

  private func payload(_ bytes: [UInt8]) throws -> ConformancePayload {
    switch kind {
    case .unary: try decode(UnaryResponse.self, bytes).payload
    case .idempotentUnary: try decode(IdempotentUnaryResponse.self, bytes).payload
    case .serverStream: try decode(ServerStreamResponse.self, bytes).payload
    case .clientStream: try decode(ClientStreamResponse.self, bytes).payload
    case .halfDuplex, .fullDuplex: try decode(BidiStreamResponse.self, bytes).payload
    }
  }

  private func decode<M: SwiftProtobuf.Message>(_ type: M.Type, _ bytes: [UInt8]) throws -> M {
    setup.isJSON ? try M(jsonUTF8Bytes: bytes) : try M(serializedBytes: bytes)
  }

  private func readUnary(_ response: WebResponse, _ result: inout ClientResponseResult) throws {
    let trailers = response.fields.filter { $0.name.hasPrefix("trailer-") }
    result.responseTrailers = headers(
      trailers.map { HeaderField(String($0.name.dropFirst("trailer-".count)), $0.value) }, &result.feedback)
    result.responseHeaders = headers(response.fields.filter { !$0.name.hasPrefix("trailer-") }, &result.feedback)
    let encoding = response["content-encoding"]
    if response.status == 200 {
      // What is empty is never compressed (W30).
      let isCompressed = encoding != nil && !response.body.isEmpty
      return try append(response.body, isCompressed: isCompressed, encoding, &result)
    }
    result.error = ErrorDefinition(connectJSON: response.body, &result.feedback)
    if result.error.code.httpStatus != response.status {
      result.feedback.append("\(result.error.code) has the HTTP status \(response.status)")
    }
  }

  private func readStream(_ response: WebResponse, _ result: inout ClientResponseResult) throws {
    result.responseHeaders = headers(response.fields, &result.feedback)
    if response.status != 200 { result.feedback.append("the HTTP status is \(response.status)") }
    var hasEnded = false
    for (flag, message) in try Envelopes(response.body).all {
      if hasEnded { result.feedback.append("something follows the end") }
      if flag & 2 == 0 {
        try append(message, isCompressed: flag == 1, response["connect-content-encoding"], &result)
        continue
      }
      hasEnded = true
      let end = (try? JSONSerialization.jsonObject(with: Data(message))) as? [String: Any] ?? ["not": "JSON"]
      for key in end.keys where key != "error" && key != "metadata" { result.feedback.append("the end has \(key)") }
      if let metadata = end["metadata"] {
        let lists = metadata as? [String: [String]] ?? [:]
        if lists.isEmpty { result.feedback.append("the end's metadata is \(metadata)") }
        result.responseTrailers = headers(
          lists.sorted { $0.key < $1.key }.flatMap { key, values in values.map { HeaderField(key, $0) } },
          &result.feedback)
      }
      if let error = end["error"] {
        let json = (try? JSONSerialization.data(withJSONObject: error)) ?? Data()
        result.error = ErrorDefinition(connectJSON: Array(json), &result.feedback)
      }
    }
    if !hasEnded { result.feedback.append("the stream has no end") }
  }

  private func readGRPC(_ response: WebResponse, _ result: inout ClientResponseResult) throws {
    for (flag, message) in try Envelopes(response.body).all {
      try append(message, isCompressed: flag == 1, response["grpc-encoding"], &result)
    }
    let isTrailersOnly = response.trailers.isEmpty
    result.responseHeaders = isTrailersOnly ? [] : headers(response.fields, &result.feedback)
    readStatus(isTrailersOnly ? response.fields : response.trailers, &result)
  }

  private func readGRPCWeb(_ response: WebResponse, _ result: inout ClientResponseResult) throws {
    if response.status != 200 { result.feedback.append("the HTTP status is \(response.status)") }
    result.responseHeaders = headers(response.fields, &result.feedback)
    var body = response.body
    if setup.speaks == .grpcWebText {
      guard let decoded = Base64.runs(body) else {
        result.feedback.append("the body is not base64")
        return
      }
      body = decoded
    }
    var hasEnded = false
    for (flag, message) in try Envelopes(body).all {
      if hasEnded { result.feedback.append("something follows the trailers") }
      if flag & 0x80 == 0 {
        try append(message, isCompressed: flag == 1, response["grpc-encoding"], &result)
        continue
      }
      hasEnded = true
      if flag != 0x80 { result.feedback.append("the trailers are compressed") }
      readStatus(trailers(message, &result.feedback), &result)
    }
    if !hasEnded { result.feedback.append("the response has no trailers") }
  }

  private func trailers(_ block: [UInt8], _ feedback: inout [String]) -> [HeaderField] {
    let text = String(decoding: block, as: UTF8.self)
    if !text.hasSuffix("\r\n") { feedback.append("the trailers do not end with a line's end") }
    return text.components(separatedBy: "\r\n").dropLast().map { line in
      guard let colon = line.firstIndex(of: ":") else {
        feedback.append("“\(line)” is no trailer")
        return HeaderField(line, "")
      }
      let name = String(line[..<colon])
      if name != name.lowercased() || line.hasPrefix(" ") {
        feedback.append("the trailer “\(name)” is not in lower case")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      if value.contains("\n") || value.contains("\r") { feedback.append("the trailer “\(name)” has lines") }
      return HeaderField(name, String(value))
    }
  }

  /// The status in gRPC's trailers.
  private func readStatus(_ fields: [HeaderField], _ result: inout ClientResponseResult) {
    result.responseTrailers = headers(fields, &result.feedback)
    func one(_ name: String) -> String? {
      let values = fields.filter { $0.name == name }.map(\.value)
      if values.count > 1 { result.feedback.append("\(name) comes \(values.count) times") }
      return values.first
    }
    let message = one("grpc-message"), details = one("grpc-status-details-bin")
    guard let text = one("grpc-status"), let code = Int(text) else {
      return result.feedback.append("grpc-status is missing")
    }
    let decoded = message?.removingPercentEncoding
    if let message, decoded == nil || !message.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      result.feedback.append("grpc-message “\(message)” is not percent-encoded")
    }
    if code == 0 {
      if message != nil || details != nil { result.feedback.append("OK has a message or details") }
      return
    }
    result.error = .with {
      $0.code = .init(rawValue: code) ?? .unspecified
      $0.message = decoded ?? ""
    }
    guard let details else { return }
    guard !details.contains("="), let bytes = Base64.decode(details.utf8),
      let status = try? RPCStatus(serializedBytes: bytes)
    else { return result.feedback.append("grpc-status-details-bin is no unpadded base64 of a status") }
    if Int(status.code) != code || status.message != (decoded ?? "") {
      result.feedback.append("the details say \(status.code) “\(status.message)”")
    }
    result.error.details = status.details
  }

  /// Fields as the runner's messages have them.
  private func headers(_ fields: [HeaderField], _ feedback: inout [String]) -> [Header] {
    var headers: [Header] = []
    for field in fields {
      if field.name.hasSuffix("-bin"), field.value.contains("=") { feedback.append("\(field.name) is padded") }
      if let known = headers.firstIndex(where: { $0.name == field.name }) {
        headers[known].value.append(field.value)
      } else {
        headers.append(Header(field.name, field.value))
      }
    }
    return headers
  }
}
