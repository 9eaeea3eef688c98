// Requests that open a WebSocket for a call (web.md W92).
import FreshetHTTP
import FreshetServer
import FreshetText
import FreshetWebSocket

extension WebReader {
  /// The opening of a WebSocket at a method's path.
  func tunnel(
    _ section: HeaderSection, _ route: Route, _ decision: CORSDecision
  ) throws(CallRefusal) -> TunnelOpening {
    let fields = section.fields
    do throws(ServerOpening.Refusal) {
      let opening = try ServerOpening(
        fields, form: section.version == .http2 ? .http2 : .http1, isHTTP10: section.version == .http1_0)
      let isOwnPage = WebSocketOrigins.same.accepts(opening.origin, authority: opening.authority)
      if !isOwnPage, case .refused = decision { try opening.check(.same) }
      guard let name = opening.choose(CallSubprotocol.names), let subprotocol = CallSubprotocol(rawValue: name) else {
        throw ServerOpening.Refusal(
          status: 400,
          reason: "\(route.handler.path) is a method, called over a WebSocket in one of the subprotocols "
            + CallSubprotocol.names.joined(separator: ", "))
      }
      let format = try Self.format(of: opening.path, route.handler.formats)
      let target = SocketCallTarget(fields, format: format, keepsCredentials: isOwnPage || policy.sendsCredentials)
      return TunnelOpening(response: opening.accept(subprotocol: name).head) { limits in
        CallTunnel(target, subprotocol, isJSON: format == "json", limits)
      }
    } catch {
      throw CallRefusal(error)
    }
  }

  /// What `content` in the query says; by default the method's first format.
  private static func format(of path: String, _ formats: [String]) throws(ServerOpening.Refusal) -> String {
    let query = path.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    let values = query.split(separator: "&").filter { $0.hasPrefix("content=") }.map { $0.dropFirst(8) }
    guard let wanted = values.first else { return formats[0] }
    guard values.count == 1, let format = formats.first(where: { $0 == wanted }) else {
      throw ServerOpening.Refusal(
        status: 415,
        reason: "\(printable(values.joined(separator: ", "))) is no content of this method's: "
          + formats.joined(separator: ", "))
    }
    return format
  }
}
