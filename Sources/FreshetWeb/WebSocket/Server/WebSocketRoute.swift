// The WebSockets of an application, by path.
import FreshetCore
import FreshetHTTP
public import FreshetServer
import FreshetTransport
import FreshetWebSocket
import NIOCore
import Synchronization

/// The request that opens a WebSocket.
public struct WebSocketRequest: Sendable {
  /// As it came, without the query.
  public var path: String { target.path }
  /// What follows the question mark, as it came.
  public var query: String? { target.query }
  /// The values of the pattern's names, percent-decoded.
  public var parameters: [String: String] { target.parameters }
  /// In the order in which they came, without those of the connection.
  public var fields: [HTTPField] { target.fields }
  /// Deadline, peer and cancellation, as calls have them.
  public let context: ServerContext
  private let parsed: ParsedTarget

  init(_ context: ServerContext, _ pattern: PathPattern) {
    self.context = context
    parsed = ParsedTarget(pattern)
  }

  private var target: RequestTarget { parsed.target(of: context.requestFields) }

  /// The first field of this name, in lower case.
  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Parsed when it is first asked for: a WebSocket would keep it as long as it is open, and many never ask.
private final class ParsedTarget: Sendable {
  private let pattern: PathPattern
  private let parsed = Mutex<RequestTarget?>(nil)

  init(_ pattern: PathPattern) { self.pattern = pattern }

  func target(of fields: HeaderFields) -> RequestTarget {
    parsed.withLock { parsed in
      if let known = parsed { return known }
      let made = RequestTarget(fields, pattern)
      parsed = made
      return made
    }
  }
}

/// A route as it was configured.
struct WebSocketRoute: Sendable {
  typealias Handler = @Sendable (WebSocket, WebSocketRequest) async throws -> Void

  let pattern: PathPattern
  let options: WebSocketOptions
  let handler: Handler

  /// The route as a method.
  var method: MethodHandler {
    let descriptor = MethodDescriptor<WebSocketMessage, WebSocketMessage>(
      service: "websocket", method: pattern.text, kind: .bidirectional, requestCodec: WebSocketCodec(),
      responseCodec: WebSocketCodec())
    let pattern = pattern, handler = handler
    return MethodHandler.conversation(descriptor) { context in
      guard let form = context.duplexForm as? WebSocketForm, let wire = context.wire as? WebSocketWire else {
        throw RPCError(code: .internal, message: "a WebSocket's handler was called for something else")
      }
      context.accept(form)
      let socket = WebSocket(WebSocketEnd(.call(context), form), subprotocol: wire.subprotocol)
      do {
        try await handler(socket, WebSocketRequest(context, pattern))
      } catch {
        await socket.conclude(CloseCode(thrown: error), reason: Self.reason(for: error))
        throw Self.callError(error)
      }
      await socket.conclude(.normal, reason: "")
    }.named("WEBSOCKET \(pattern.text)")
  }

  /// The text of an unknown error may be confidential.
  private static func reason(for error: any Error) -> String {
    switch error {
    case let error as WebSocketError: error.message
    case let error as RPCError: error.message
    default: ""
    }
  }

  /// An end that the peer caused is no failure of the handler's.
  private static func callError(_ error: any Error) -> any Error {
    (error as? WebSocketError).map { RPCError($0) } ?? error
  }
}

/// All routes, the more specific ones first.
final class WebSocketTable: Sendable {
  private let routes: [WebSocketRoute]
  /// Made when they are first used, within the server's interceptors.
  private let made: Mutex<[Int: Route]> = Mutex([:])

  init(_ routes: [WebSocketRoute]) { self.routes = routes.sorted { $0.pattern.precedes($1.pattern) } }

  /// Whether a WebSocket can be opened at this path.
  func has(_ path: String) -> Bool { index(path) != nil }

  private func index(_ path: String) -> Int? {
    if routes.isEmpty { return nil }
    let segments = PathText.segments(of: path)
    return routes.firstIndex { $0.pattern.match(segments) != nil }
  }

  func find(_ path: String, _ router: Router) -> (Route, WebSocketOptions)? {
    guard let index = index(path) else { return nil }
    let route = made.withLock { made in
      if let known = made[index] { return known }
      let route = router.route(to: routes[index].method)
      made[index] = route
      return route
    }
    return (route, routes[index].options)
  }
}

extension CallRefusal {
  /// A request that opens no WebSocket.
  init(_ refusal: ServerOpening.Refusal) {
    let body = ByteBuffer(string: refusal.reason + "\n")
    var head: HeaderFields = [
      ":status": "\(refusal.status)", "content-type": "text/plain; charset=utf-8",
      "content-length": "\(body.readableBytes)",
    ]
    refusal.fields.forEach { head.append($0, $1) }
    self.init(
      status: Status(code: Status.Code(connectHTTPStatus: refusal.status), message: refusal.reason),
      httpStatus: refusal.status, head: head, body: body)
  }
}

extension ServerContext {
  /// Sends the head of a WebSocket, whose form is `form`.
  fileprivate func accept(_ form: WebSocketForm) {
    sendHead()
    stream.executor.run { form.open() }
  }
}
