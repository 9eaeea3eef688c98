// The answer to a request that gets no handler, in the form that its protocol has for it (W6, W7).
package import FreshetCore
package import FreshetHTTP
import FreshetText
package import NIOCore

package struct WebRefusal: Error {
  /// What observers are told.
  package var status: Status
  package var httpStatus: Int
  /// The head, `:status` first. For gRPC it is the whole answer, with the trailers in it.
  package var head: HeaderFields
  package var body: ByteBuffer?
  /// Whether a connection of HTTP/1.1 ends with this answer, whose head then says so (`connection: close`).
  package var closesConnection = false

  /// - Parameters:
  ///   - speaks: what the request speaks, as far as it could be told.
  ///   - mediaType: the content type of answers in that protocol; without one, that of its first format.
  ///   - isHEAD: whether the answer may have no body.
  package init(
    _ fault: WebFault, to speaks: WebProtocol, mediaType: MediaType? = nil, isHEAD: Bool = false
  ) {
    self = Self.answer(fault, speaks, mediaType?.essence)
    switch fault {
    case .httpVersion, .draining: closesConnection = true
    default: break
    }
    if isHEAD { body = nil }
  }

  private init(_ status: Status, _ head: HeaderFields, body: ByteBuffer?, http httpStatus: Int = 200) {
    self.status = status
    self.httpStatus = httpStatus
    self.head = head
    self.body = body
  }

  // MARK: The table

  private static func answer(_ fault: WebFault, _ speaks: WebProtocol, _ type: String?) -> WebRefusal {
    switch (fault, speaks) {
    case (.unknownMethod, .grpc), (.unknownMethod, .grpcWeb), (.compression, .grpc), (.compression, .grpcWeb),
      (.compression, .connectStream), (.headersTooLarge, .grpc), (.draining, .grpc), (.draining, .grpcWeb),
      (.call, .grpc), (.call, .grpcWeb), (.call, .connectStream):
      inProtocol(fault, speaks, type)
    default: inHTTP(fault, speaks)
    }
  }

  /// 200, and the status where the protocol has it.
  private static func inProtocol(_ fault: WebFault, _ speaks: WebProtocol, _ type: String?) -> WebRefusal {
    let status = Status(code: fault.code, message: fault.message)
    var head: HeaderFields = [":status": "200"]
    switch speaks {
    case .grpcWeb(let isText):
      head.append("content-type", type ?? (isText ? "application/grpc-web-text" : "application/grpc-web"))
      if let supported = fault.supportedEncodings { head.append("grpc-accept-encoding", supported) }
      let frame = GRPCWebTrailers.frame(status)
      return WebRefusal(status, head, body: isText ? Base64Runs.encode(frame) : frame)
    case .connectStream:
      head.append("content-type", type ?? "application/connect+proto")
      if let supported = fault.supportedEncodings { head.append("connect-accept-encoding", supported) }
      return WebRefusal(status, head, body: ConnectEnd(status, details: nil, metadata: Metadata()).envelope)
    default:
      head.append("content-type", type ?? "application/grpc")
      if let supported = fault.supportedEncodings { head.append("grpc-accept-encoding", supported) }
      head.append("grpc-status", status.code.wireText)
      head.append("grpc-message", PercentEncoding.encode(status.message))
      return WebRefusal(status, head, body: nil)
    }
  }

  /// A status of HTTP, and JSON that says to a person what was expected.
  private static func inHTTP(_ fault: WebFault, _ speaks: WebProtocol) -> WebRefusal {
    let isCall = speaks == .connectUnary || speaks == .connectGET
    let httpStatus = fault.httpStatus(isCall: isCall)
    // What a client makes of the HTTP status where the protocol names no code, so that both say the same.
    let code = fault.isNamed ? fault.code : Status.Code(connectHTTPStatus: httpStatus)
    var status = Status(code: code, message: fault.message)
    if speaks == .plain, case .unknownMethod(let path) = fault {
      status = Status(code: .notFound, message: "the server has nothing at \(printable(path))")
    }
    let body = speaks == .plain ? statusJSON(status) : ConnectError(status, details: nil).json
    var head: HeaderFields = [:]
    head.append(":status", String(httpStatus))
    head.append("content-type", "application/json")
    head.append("content-length", String(body.readableBytes))
    switch fault {
    case .verb(_, let allowed): head.append("allow", allowed.joined(separator: ", "))
    case .mediaType(_, let accepted): head.append("accept-post", accepted.joined(separator: ", "))
    case .compression(_, let supported): head.append("accept-encoding", supported)
    case .draining where speaks == .plain: head.append("retry-after", "1")
    default: break
    }
    return WebRefusal(status, head, body: body, http: httpStatus)
  }

  /// google.rpc.Status as JSON, which is what REST has for errors (W55).
  static func statusJSON(_ status: Status) -> ByteBuffer {
    var json = ByteBuffer(string: "{\"code\":\(status.code.rawValue),\"message\":")
    json.writeJSON(status.message)
    json.writeStaticString("}")
    return json
  }
}

extension WebFault {
  /// Whether W6 or Connect names a code for it; otherwise it is what the HTTP status stands for.
  fileprivate var isNamed: Bool {
    switch self {
    case .verb, .tunnel, .mediaType, .httpVersion, .headersTooLarge: false
    default: true
    }
  }

  fileprivate var code: Status.Code {
    switch self {
    case .badRequest: .invalidArgument
    case .unknownMethod, .compression: .unimplemented
    case .headersTooLarge: .resourceExhausted
    case .draining: .unavailable
    case .foreignOrigin: .permissionDenied
    case .verb, .tunnel, .mediaType, .httpVersion: .unknown
    case .call(let status): status.code
    }
  }

  fileprivate func httpStatus(isCall: Bool) -> Int {
    switch self {
    case .badRequest: 400
    case .unknownMethod: 404
    case .verb: 405
    case .tunnel: 501
    case .mediaType: 415
    case .compression: isCall ? 501 : 415
    case .httpVersion: 505
    case .headersTooLarge: 431
    case .draining: 503
    case .foreignOrigin: 403
    case .call(let status): status.code.httpStatus
    }
  }

  fileprivate var message: String {
    switch self {
    case .badRequest(let problem): problem
    case .unknownMethod(let path): "the server has no method \(printable(path))"
    case .verb(let verb, let allowed) where allowed.isEmpty: "\(printable(verb)) is not allowed here"
    case .tunnel(let name): "WebSocket is the only protocol of CONNECT that is served here, not \(printable(name))"
    case .verb(let verb, let allowed):
      "\(printable(verb)) is not allowed here, but \(allowed.joined(separator: " and ")) \(allowed.count > 1 ? "are" : "is")"
    case .mediaType(let type, let accepted):
      (type.map { "the content-type “\(printable($0))” is not taken here" } ?? "a content-type is missing")
        + (accepted.isEmpty ? "" : "; these are: \(accepted.joined(separator: ", "))")
    case .compression(let name, let supported):
      "the server cannot decompress “\(printable(name))”; supported encodings are \(supported)"
    case .httpVersion(let needed): "this needs \(needed)"
    case .headersTooLarge: "the request's headers exceed the server's limit (maxHeaderListBytes)"
    case .draining: "the server is shutting down"
    case .foreignOrigin(let origin): "pages of \(printable(origin)) may not call this server (CORS)"
    case .call(let status): status.message
    }
  }

  fileprivate var supportedEncodings: String? {
    if case .compression(_, let supported) = self { supported } else { nil }
  }
}
