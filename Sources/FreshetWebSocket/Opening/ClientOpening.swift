// The client's side of the opening handshake.
package import FreshetHTTP
import FreshetText

/// A request for a WebSocket, and the check of its response (W65). Pure.
package struct ClientOpening: Sendable {
  /// What the server agreed to.
  package struct Agreement: Sendable, Hashable {
    package var subprotocol: String?
    package var deflate: DeflateParameters?
  }

  /// Another response than one that opens a WebSocket.
  package struct Refusal: Error, Sendable, Equatable {
    package var error: WebSocketError
    package var status: Int?
    /// Where a redirect leads, as it was written.
    package var location: String?
  }

  package let form: OpeningForm
  package let url: WebSocketURL
  package let subprotocols: [String]
  package let deflate: DeflateOptions?
  private let key: String

  /// - Throws: `invalidSetting` for a subprotocol that is no token or is there twice, or options out of their range.
  package init(
    _ url: WebSocketURL, form: OpeningForm, subprotocols: [String] = [], deflate: DeflateOptions? = nil,
    key: String = HandshakeKey.make()
  ) throws(WebSocketError) {
    guard subprotocols.allSatisfy({ isToken($0) }), Set(subprotocols).count == subprotocols.count else {
      throw WebSocketError(
        .invalidSetting, code: .abnormal, "the subprotocols \(subprotocols) are not different tokens")
    }
    try deflate?.validate()
    self.form = form
    self.url = url
    self.subprotocols = subprotocols
    self.deflate = deflate
    self.key = key
  }

  /// The request's head, pseudo-fields first; over HTTP/1.1 `:authority` is its `Host`.
  /// - Parameter fields: the application's own, such as an origin or a token.
  package func request(adding fields: HeaderFields = HeaderFields()) -> HeaderFields {
    var head: HeaderFields
    switch form {
    case .http1:
      head = [
        ":method": "GET", ":scheme": url.isSecure ? "https" : "http", ":authority": url.authority, ":path": url.path,
        "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": key,
      ]
    case .http2:
      head = [
        ":method": "CONNECT", ":protocol": "websocket", ":scheme": url.isSecure ? "https" : "http",
        ":authority": url.authority, ":path": url.path,
      ]
    }
    head.append("sec-websocket-version", "13")
    if !subprotocols.isEmpty { head.append("sec-websocket-protocol", subprotocols.joined(separator: ", ")) }
    if let deflate { head.append("sec-websocket-extensions", DeflateNegotiation.offer(deflate)) }
    fields.forEach { head.append($0, $1) }
    return head
  }

  /// Checks the response's head, which is not an interim one but 101.
  package func check(_ fields: HeaderFields) throws(Refusal) -> Agreement {
    let status = fields.single(":status").flatMap { Int($0) }
    guard status == (form == .http1 ? 101 : 200) else { throw refusal(status, fields) }
    if form == .http1 { try checkUpgrade(fields) }
    var agreement = Agreement()
    let chosen = fields.values("sec-websocket-protocol")
    if let first = chosen.first {
      guard chosen.count == 1, subprotocols.contains(first) else {
        throw wrong("chose the subprotocol \(printable(chosen.joined(separator: ", "))), of \(subprotocols)")
      }
      agreement.subprotocol = first
    }
    let values = fields.values("sec-websocket-extensions")
    guard let extensions = ExtensionOffer.all(in: values) else {
      throw wrong("answered with malformed extensions: \(printable(values.joined(separator: ", ")))")
    }
    if let answer = extensions.first {
      guard let deflate, extensions.count == 1, answer.name == DeflateNegotiation.name else {
        throw wrong("answered with extensions that were not offered: \(printable(values.joined(separator: ", ")))")
      }
      do throws(WebSocketError) { agreement.deflate = try DeflateNegotiation.accept(answer, deflate) } catch {
        throw Refusal(error: error, status: status)
      }
    }
    return agreement
  }

  private func checkUpgrade(_ fields: HeaderFields) throws(Refusal) {
    guard fields.list("upgrade").map({ $0.lowercased() }) == ["websocket"] else {
      throw wrong("answered 101 without Upgrade: websocket")
    }
    guard fields.list("connection").contains(where: { $0.lowercased() == "upgrade" }) else {
      throw wrong("answered 101 without Connection: Upgrade")
    }
    guard fields.single("sec-websocket-accept") == HandshakeKey.accept(key) else {
      throw wrong("answered 101 with a wrong Sec-WebSocket-Accept")
    }
  }

  private func wrong(_ what: String) -> Refusal {
    Refusal(
      error: WebSocketError(.opening, code: .abnormal, "the server of \(url) \(what)"),
      status: form == .http1 ? 101 : 200)
  }

  private func refusal(_ status: Int?, _ fields: HeaderFields) -> Refusal {
    guard let status else {
      return Refusal(
        error: WebSocketError(.opening, code: .abnormal, "the server of \(url) answered without a status"))
    }
    let location = (300..<400).contains(status) ? fields.single("location") : nil
    let text =
      "the server of \(url) answered the request for a WebSocket with status \(status)"
      + (location.map { ", which leads to \(printable($0))" } ?? "")
    return Refusal(error: WebSocketError(.opening, code: .abnormal, text), status: status, location: location)
  }
}
