// The server's side of the opening handshake.
package import FreshetHTTP
import FreshetText

/// A request that asks for a WebSocket, in either form (W62, W80). Pure.
package struct ServerOpening: Sendable {
  /// An ordinary response in place of a WebSocket; over HTTP/1.1 the connection lives on.
  package struct Refusal: Error, Sendable, Equatable {
    package var status: Int
    /// Fields besides the status.
    package var fields: HeaderFields
    package var reason: String

    package init(status: Int, fields: HeaderFields = HeaderFields(), reason: String) {
      self.status = status
      self.fields = fields
      self.reason = reason
    }
  }

  package let form: OpeningForm
  package let path: String
  package let authority: String
  package let origin: String?
  /// What the client offers, in its order of preference.
  package let subprotocols: [String]
  package let extensions: [ExtensionOffer]
  private let key: String?

  /// Whether a request asks for a WebSocket, properly or not: an HTTP/1.1 request by `Upgrade`, in HTTP/2 by `:protocol`.
  package static func isWanted(_ fields: HeaderFields) -> Bool {
    fields.list("upgrade").contains { $0.lowercased() == "websocket" } || fields.single(":protocol") == "websocket"
  }

  /// - Parameters:
  ///   - fields: pseudo-fields included; of an HTTP/1.1 request also `upgrade` and `connection`, and its `Host` as
  ///     `:authority`.
  ///   - isHTTP10: whether the request's version was HTTP/1.0.
  package init(_ fields: HeaderFields, form: OpeningForm, isHTTP10: Bool = false) throws(Refusal) {
    self.form = form
    switch form {
    case .http1: try Self.checkUpgrade(fields, isHTTP10: isHTTP10)
    case .http2: try Self.checkConnect(fields)
    }
    guard fields.list("sec-websocket-version") == ["13"] else {
      throw Refusal(
        status: 426, fields: ["sec-websocket-version": "13", "upgrade": "websocket"],
        reason: "the only version of WebSocket here is 13 (Sec-WebSocket-Version)")
    }
    path = fields.single(":path") ?? "/"
    authority = fields.single(":authority") ?? ""
    let origins = fields.values("origin")
    guard origins.count < 2 else { throw Self.malformed("the request has several Origin fields") }
    origin = origins.first
    subprotocols = fields.list("sec-websocket-protocol")
    guard subprotocols.allSatisfy({ isToken($0) }), Set(subprotocols).count == subprotocols.count else {
      throw Self.malformed("the request's Sec-WebSocket-Protocol is not a list of different names")
    }
    guard let extensions = ExtensionOffer.all(in: fields.values("sec-websocket-extensions")) else {
      throw Self.malformed("the request's Sec-WebSocket-Extensions is malformed")
    }
    self.extensions = extensions
    key = fields.single("sec-websocket-key").flatMap { HandshakeKey.isValid($0) ? $0 : nil }
    if form == .http1, key == nil {
      throw Self.malformed("the request's Sec-WebSocket-Key is not 16 bytes in base64, once")
    }
  }

  private static func checkUpgrade(_ fields: HeaderFields, isHTTP10: Bool) throws(Refusal) {
    guard fields.single(":method") == "GET" else {
      throw Refusal(
        status: 405, fields: ["allow": "GET"], reason: "a WebSocket is opened by GET, not by this request's method")
    }
    if isHTTP10 { throw malformed("a WebSocket needs HTTP/1.1, not 1.0") }
    guard fields.single(":authority") != nil else { throw malformed("the request has no Host field") }
    guard fields.list("upgrade").contains(where: { $0.lowercased() == "websocket" }) else {
      throw Refusal(
        status: 426, fields: ["upgrade": "websocket", "sec-websocket-version": "13"],
        reason: "this resource is a WebSocket, but the request's Upgrade does not have the token websocket")
    }
    guard fields.list("connection").contains(where: { $0.lowercased() == "upgrade" }) else {
      throw malformed("the request's Connection does not have the token upgrade")
    }
  }

  private static func checkConnect(_ fields: HeaderFields) throws(Refusal) {
    guard fields.single(":method") == "CONNECT", let wanted = fields.single(":protocol") else {
      throw Refusal(
        status: 405, reason: "a WebSocket over HTTP/2 is opened by CONNECT with :protocol, which this request lacks")
    }
    guard wanted == "websocket" else {
      throw Refusal(status: 501, reason: "the only :protocol here is websocket, not \(printable(wanted))")
    }
  }

  private static func malformed(_ reason: String) -> Refusal { Refusal(status: 400, reason: reason) }

  /// Refuses pages of other origins.
  package func check(_ origins: WebSocketOrigins) throws(Refusal) {
    if origins.accepts(origin, authority: authority) { return }
    throw Refusal(
      status: 403,
      reason: "a page of \(printable(origin ?? "")) may not open a WebSocket to \(printable(authority))")
  }

  /// The first of the server's subprotocols that the client offers, if any.
  package func choose(_ supported: [String]) -> String? { supported.first { subprotocols.contains($0) } }

  /// The response that opens the WebSocket: 101 or 200. Bytes that follow the request's head are frames.
  /// - Parameters:
  ///   - subprotocol: one that the client offers, or nil.
  ///   - deflate: whether and how to compress.
  ///   - fields: the application's own, such as cookies.
  /// - Returns: the response's head, and what was agreed on about compression.
  package func accept(
    subprotocol: String?, deflate: DeflateOptions? = nil, adding fields: HeaderFields = HeaderFields()
  ) -> (head: HeaderFields, deflate: DeflateParameters?) {
    precondition(
      subprotocol == nil || subprotocols.contains(subprotocol ?? ""), "a subprotocol is chosen that was not offered")
    var head: HeaderFields
    switch form {
    case .http1: head = [":status": "101", "upgrade": "websocket", "connection": "Upgrade"]
    case .http2: head = [":status": "200"]
    }
    // Over HTTP/2 clients send no key. Envoy passes on that of an HTTP/1.1 client, which then misses its answer (W83).
    if let key { head.append("sec-websocket-accept", HandshakeKey.accept(key)) }
    if let subprotocol { head.append("sec-websocket-protocol", subprotocol) }
    let agreed = deflate.flatMap { DeflateNegotiation.answer(extensions, $0) }
    if let agreed { head.append("sec-websocket-extensions", agreed.answer) }
    fields.forEach { head.append($0, $1) }
    return (head, agreed?.parameters)
  }
}
