// Tells from the head of a request which protocol it speaks (W5).
import FreshetCore
package import FreshetHTTP
import FreshetText

/// Who is speaking.
package enum WebProtocol: Hashable, Sendable {
  /// Wants to be a WebSocket.
  case webSocket
  /// A browser asks whether a script of another origin may send a request.
  case preflight
  case grpc
  case grpcWeb(isText: Bool)
  case connectUnary
  /// A unary call of Connect's as GET or HEAD.
  case connectGET
  case connectStream
  /// None of these: for a route of the application's, or for none.
  case plain
}

/// What the head of a request says of its protocol.
package struct WebChoice: Hashable, Sendable {
  package var speaks: WebProtocol
  /// Nil where the path is no method's.
  package var method: WebMethod?
  /// The place in the method's formats.
  package var format: Int?
  /// That of the body.
  package var mediaType: MediaType?

  package init(_ speaks: WebProtocol, method: WebMethod? = nil, format: Int? = nil, mediaType: MediaType? = nil) {
    self.speaks = speaks
    self.method = method
    self.format = format
    self.mediaType = mediaType
  }
}

extension WebChoice {
  /// A request that belongs to a method and cannot be a call, or whose content type cannot be told.
  package struct Refused: Error {
    package var fault: WebFault
    /// What it speaks, as far as that could be told.
    package var choice: WebChoice
  }

  /// Reads a head. An unknown path is no fault here, since what is said of it depends on the protocol
  /// (`WebFault.unknownMethod`), and since it may be a route of the application's.
  ///
  /// A path that is a method's is nothing else: a request for it is a call in one of the protocols, or is refused.
  /// - Parameters:
  ///   - fields: pseudo-headers included, also where HTTP/1.1 brought them.
  ///   - find: the method of a path, which comes without its query.
  package static func read(
    _ fields: HeaderFields, find: (UnsafeRawBufferPointer) -> WebMethod?
  ) throws(Refused) -> WebChoice {
    let head = HeadScan(fields, find: find)
    do throws(WebFault) {
      return try head.choice()
    } catch {
      throw Refused(fault: error, choice: head.likely)
    }
  }
}

/// One pass over the fields.
private struct HeadScan {
  var verb = ""
  var method: WebMethod?
  var wantsWebSocket = false
  var isPreflight = false
  private var contentTypes: [String] = []
  /// The protocol of an extended CONNECT.
  private var tunnel: String?
  /// Whether a client of Connect's says so.
  private var isConnect = false

  init(_ fields: HeaderFields, find: (UnsafeRawBufferPointer) -> WebMethod?) {
    var isUpgrade = false, hasOrigin = false, asksForVerb = false
    fields.forEach { name, value in
      switch name.count {
      case 5 where name.equals(":path"): method = find(value.beforeQuery)
      case 6 where name.equals("origin"): hasOrigin = true
      case 7 where name.equals(":method"): verb = String(decoding: value, as: UTF8.self)
      case 7 where name.equals("upgrade"): isUpgrade = isUpgrade || listItems(value).contains("websocket")
      case 9 where name.equals(":protocol"):
        tunnel = String(decoding: value, as: UTF8.self).lowercased()
      case 12 where name.equals("content-type"): contentTypes.append(String(decoding: value, as: UTF8.self))
      case 24 where name.equals("connect-protocol-version"): isConnect = true
      case 29 where name.equals("access-control-request-method"): asksForVerb = true
      default: break
      }
    }
    wantsWebSocket = verb == "CONNECT" ? tunnel == "websocket" : verb == "GET" && isUpgrade
    isPreflight = verb == "OPTIONS" && hasOrigin && asksForVerb
  }

  func choice() throws(WebFault) -> WebChoice {
    if wantsWebSocket { return WebChoice(.webSocket) }
    if isPreflight { return WebChoice(.preflight) }
    switch verb {
    case "CONNECT":
      if let tunnel { throw .tunnel(tunnel) }
      throw .verb(verb, allowed: [])
    case "POST": return try post()
    case "GET", "HEAD":
      guard let method else { return WebChoice(.plain) }
      guard method.takesGET else { throw .verb(verb, allowed: method.verbs) }
      return WebChoice(.connectGET, method: method)  // its query says the format
    default:
      guard let method else { return WebChoice(.plain) }
      throw .verb(verb, allowed: method.verbs)
    }
  }

  /// What a request speaks that is refused: by its content type, whatever else is wrong. Connect's form of errors serves
  /// people as well, so that a method's path has no other.
  var likely: WebChoice {
    let type = contentTypes.count == 1 ? MediaType(contentTypes[0]) : nil
    let speaks: WebProtocol =
      switch type?.base {
      case "application/grpc"?: .grpc
      case "application/grpc-web"?: .grpcWeb(isText: false)
      case "application/grpc-web-text"?: .grpcWeb(isText: true)
      case "application/connect"?: .connectStream
      default: method != nil || isConnect ? .connectUnary : .plain
      }
    return WebChoice(speaks, method: method, mediaType: type)
  }

  private func post() throws(WebFault) -> WebChoice {
    guard contentTypes.count <= 1 else {
      throw .badRequest("the request has \(contentTypes.count) content-type fields")
    }
    guard let type = contentTypes.first.flatMap({ MediaType($0) }) else { return try other(nil) }
    switch type.base {
    case "application/grpc": return try call(.grpc, type, type.suffix)
    case "application/grpc-web": return try call(.grpcWeb(isText: false), type, type.suffix)
    case "application/grpc-web-text": return try call(.grpcWeb(isText: true), type, type.suffix)
    case "application/connect":
      guard let format = type.suffix else { return try other(type) }
      if method?.kind == .unary { throw refusal }
      return try call(.connectStream, type, format)
    default: return try other(type)
    }
  }

  private func call(_ speaks: WebProtocol, _ type: MediaType, _ format: String?) throws(WebFault) -> WebChoice {
    guard let method else { return WebChoice(speaks, mediaType: type) }
    guard type.isUTF8, let format = method.format(format) else { throw refusal }
    return WebChoice(speaks, method: method, format: format, mediaType: type)
  }

  /// Connect's unary calls, whose media types belong to no protocol: what is no method's is a call only if it says so,
  /// or is in protobuf, which nothing but calls is.
  private func other(_ type: MediaType?) throws(WebFault) -> WebChoice {
    guard let method else {
      return WebChoice(isConnect || type?.essence == "application/proto" ? .connectUnary : .plain, mediaType: type)
    }
    let prefix = "application/"
    guard method.kind == .unary, let type, type.essence.hasPrefix(prefix) else { throw refusal }
    return try call(.connectUnary, type, String(type.essence.dropFirst(prefix.count)))
  }

  private var refusal: WebFault { .mediaType(contentTypes.first, accepted: method?.mediaTypes ?? []) }
}

extension UnsafeRawBufferPointer {
  /// A path without its query.
  fileprivate var beforeQuery: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[..<(firstIndex(of: UInt8(ascii: "?")) ?? endIndex)])
  }
}
