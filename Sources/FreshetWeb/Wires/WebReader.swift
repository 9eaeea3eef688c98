// Recognises calls in the web protocols, and refuses what is in none in the form that its sender understands.
package import FreshetCore
package import FreshetHTTP
package import FreshetServer
import NIOCore

/// Reads heads for a server that speaks gRPC, gRPC-Web and Connect on one port (web.md W5). Leaves calls in gRPC to the
/// server's own wire, except where the carrier is not HTTP/2.
package final class WebReader: RequestReader {
  private let requiresConnectVersion: Bool
  private let servesBidirectionalOverHTTP1: Bool
  let policy: CORSPolicy
  private let routes: RouteTable
  private let webSockets: WebSocketTable
  private let servesCallsOverWebSocket: Bool

  package init(_ configuration: WebConfiguration) {
    requiresConnectVersion = configuration.requiresConnectVersion
    servesBidirectionalOverHTTP1 = configuration.servesBidirectionalOverHTTP1
    policy = configuration.cors
    routes = RouteTable(configuration.routes)
    webSockets = WebSocketTable(configuration.webSockets)
    servesCallsOverWebSocket = configuration.servesCallsOverWebSocket
  }

  package func readHead(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestReading? {
    if let head = section as? TunnelledHead { return .call(try head.read(timeout: timeout, router, compressions)) }
    let fields = section.fields
    let isHEAD = fields.first(":method") == "HEAD"
    let decision = policy.judge(fields), cors = CORSAnswer(policy, decision)
    var choice: WebChoice
    var route: Route?
    do throws(WebChoice.Refused) {
      choice = try WebChoice.read(fields) { path in
        route = router.find(path)
        return route.map { WebMethod($0.handler) }
      }
    } catch {
      throw refusal(error.fault, section, error.choice, isHEAD, cors)
    }
    if choice.speaks == .preflight { throw preflight(section, choice, cors) }
    if choice.speaks == .webSocket {
      if let route, servesCallsOverWebSocket { return .tunnel(try tunnel(section, route, decision)) }
      if let head = try webSocketHead(section, router) { return .call(head) }
      choice.speaks = .plain
    }
    do throws(WebFault) {
      if section.isTruncated { throw .headersTooLarge }
      if case .refused(let origin) = decision { throw .foreignOrigin(origin) }
      guard choice.speaks != .grpc || section.version != .http2 else { return nil }
      if choice.speaks == .plain, let head = try plainHead(fields, router, isHEAD: isHEAD, cors) {
        return .call(head)
      }
      if choice.speaks != .plain || !webSockets.has(fields.first(":path") ?? "") {
        return .call(try head(section, choice, route, timeout, compressions, cors, isHEAD: isHEAD))
      }
    } catch {
      throw refusal(error, section, choice, isHEAD, cors)
    }
    return try webSocketHead(section, router).map { .call($0) }
  }

  /// A request that opens a WebSocket, or would if it were well-formed; nil for other paths.
  private func webSocketHead(_ section: HeaderSection, _ router: Router) throws(CallRefusal) -> RequestHead? {
    let fields = section.fields
    guard let (route, options) = webSockets.find(fields.first(":path") ?? "", router) else { return nil }
    do throws(ServerOpening.Refusal) {
      let opening = try ServerOpening(
        fields, form: section.version == .http2 ? .http2 : .http1, isHTTP10: section.version == .http1_0)
      try opening.check(options.origins)
      return RequestHead(WebSocketWire(opening, options), route, fields, compression: nil)
    } catch {
      throw CallRefusal(error)
    }
  }

  /// The answer to a browser that asks for a page of another origin (W27).
  private func preflight(_ section: HeaderSection, _ choice: WebChoice, _ cors: CORSAnswer) -> CallRefusal {
    do throws(WebFault) {
      return CallRefusal(status: .ok, httpStatus: 204, head: try policy.preflight(section.fields), isObserved: false)
    } catch {
      return refusal(error, section, choice, false, cors)
    }
  }

  private func refusal(
    _ fault: WebFault, _ section: HeaderSection, _ choice: WebChoice, _ isHEAD: Bool, _ cors: CORSAnswer
  ) -> CallRefusal {
    var refusal = WebRefusal(fault, to: choice.speaks, mediaType: choice.mediaType, isHEAD: isHEAD)
    if refusal.closesConnection, section.version != .http2 { refusal.head.append("connection", "close") }
    return CallRefusal(
      status: refusal.status, httpStatus: refusal.httpStatus == 200 ? nil : refusal.httpStatus,
      head: cors.complete(refusal.head), body: refusal.body, isObserved: choice.speaks != .preflight)
  }

  private func head(
    _ section: HeaderSection, _ choice: WebChoice, _ route: Route?, _ timeout: UnsafeRawBufferPointer?,
    _ compressions: CompressionRegistry, _ cors: CORSAnswer, isHEAD: Bool
  ) throws(WebFault) -> RequestHead {
    let fields = section.fields
    let path = fields.first(":path") ?? ""
    guard choice.speaks != .grpc else { throw .httpVersion(needed: "HTTP/2") }
    guard let method = choice.method, let route else { throw .unknownMethod(path: path) }
    try check(section.version, carries: method.kind)
    switch choice.speaks {
    case .grpcWeb(let isText):
      let wire = GRPCWebWire(mediaType: choice.mediaType?.essence ?? "application/grpc-web", isText: isText, cors)
      let compression = try compressions.compression(of: fields, in: "grpc-encoding")
      if let timeout, GRPCTimeout.parse(timeout) == nil {
        throw .call(Status(code: .internal, message: "grpc-timeout is malformed"))
      }
      return RequestHead(wire, route, format: choice.format ?? 0, fields, compression: compression)
    case .connectStream:
      let head = try ConnectHead(fields, choice.speaks, compressions, requiresVersion: requiresConnectVersion)
      let wire = ConnectStreamWire(mediaType: choice.mediaType?.essence ?? "application/connect+proto", cors)
      return RequestHead(
        wire, route, format: choice.format ?? 0, fields, compression: head.compression, timeout: head.timeout)
    case .connectUnary:
      let head = try ConnectHead(fields, choice.speaks, compressions, requiresVersion: requiresConnectVersion)
      let wire = ConnectUnaryWire(
        mediaType: choice.mediaType?.essence ?? "application/proto", compressions: compressions.acceptEncoding, cors)
      return RequestHead(
        wire, route, format: choice.format ?? 0, fields, compression: head.compression, timeout: head.timeout)
    case .connectGET:
      let head = try ConnectHead(fields, choice.speaks, compressions, requiresVersion: requiresConnectVersion)
      if let length = fields.first("content-length"), length != "0" {
        throw .mediaType(fields.first("content-type"), accepted: [])
      }
      let query = try ConnectQuery(path: Array(path.utf8), requiresVersion: requiresConnectVersion)
      let format = try query.format(of: method)
      let wire = ConnectUnaryWire(
        mediaType: "application/\(method.formats[format])", compressions: compressions.acceptEncoding,
        query: query, isHEAD: isHEAD, cors)
      return RequestHead(
        wire, route, format: format, fields, compression: try compressions.compression(named: query.compression),
        timeout: head.timeout)
    case .webSocket, .preflight, .plain, .grpc: throw .unknownMethod(path: path)
    }
  }

  /// A route of the application's.
  private func plainHead(
    _ fields: HeaderFields, _ router: Router, isHEAD: Bool, _ cors: CORSAnswer
  ) throws(WebFault) -> RequestHead? {
    let verb = fields.first(":method") ?? ""
    switch routes.find(verb, fields.first(":path") ?? "", router) {
    case .nothing: return nil
    case .otherVerbs(let verbs): throw .verb(verb, allowed: verbs)
    case .route(let route): return RequestHead(PlainWire(isHEAD: isHEAD, cors), route, fields, compression: nil)
    }
  }

  /// W6, W8: HTTP/1.0 has no chunks, and HTTP/1.1 no conversations.
  private func check(_ version: HTTPVersion, carries kind: MethodKind) throws(WebFault) {
    switch version {
    case .http2: break
    case .http1_1:
      if kind == .bidirectional, !servesBidirectionalOverHTTP1 { throw .httpVersion(needed: "HTTP/2") }
    case .http1_0: if kind != .unary { throw .httpVersion(needed: "HTTP/1.1 or HTTP/2") }
    }
  }
}

extension WebMethod {
  fileprivate init(_ handler: MethodHandler) {
    self.init(kind: handler.kind, idempotency: handler.idempotency, formats: handler.formats)
  }
}
