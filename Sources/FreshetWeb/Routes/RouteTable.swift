// The application's plain routes, by verb and path.
import FreshetCore
import FreshetHTTP
import FreshetServer
import NIOCore
import Synchronization

/// A route as it was configured.
struct PlainRoute: Sendable {
  typealias Handler = @Sendable (HTTPRequest) async throws -> HTTPResponse

  let verb: String
  let pattern: PathPattern
  let handler: Handler

  /// The route as a method.
  var method: MethodHandler {
    let descriptor = MethodDescriptor<ByteBuffer, ByteBuffer>(
      service: "http", method: verb, kind: .bidirectional, requestCodec: PlainCodec(), responseCodec: PlainCodec())
    let pattern = pattern, handler = handler
    return MethodHandler.bidirectional(descriptor) { body, context in
      let request = HTTPRequest(context, body, pattern)
      let response = try await Self.answer(request, handler)
      let head = try response.head()
      if let wire = context.wire as? PlainWire {
        context.setResponseHead(wire.complete(head, context.responseMetadata))
      }
      return response.stream(isHEAD: request.method == "HEAD")
    }.named("\(verb) \(pattern.text)")
  }

  private static func answer(_ request: HTTPRequest, _ handler: Handler) async throws -> HTTPResponse {
    do {
      return try await handler(request)
    } catch let error as RPCError where error.cause is BodyTooLarge {
      // 429, which is the code's status elsewhere, would have the client try again (RFC 6585 §4).
      return HTTPResponse(
        status: 413, fields: [HTTPField("content-type", "application/json")],
        body: WebRefusal.statusJSON(error.status))
    }
  }
}

/// All routes, the more specific ones first.
final class RouteTable: Sendable {
  enum Found {
    case route(Route)
    /// The path is there, for other verbs.
    case otherVerbs([String])
    case nothing
  }

  private let routes: [PlainRoute]
  /// Made when they are first used, within the server's interceptors.
  private let made: Mutex<[Int: Route]> = Mutex([:])

  init(_ routes: [PlainRoute]) { self.routes = routes.sorted { $0.pattern.precedes($1.pattern) } }

  func find(_ verb: String, _ path: String, _ router: Router) -> Found {
    if routes.isEmpty { return .nothing }
    let segments = PathText.segments(of: path)
    var verbs: [String] = [], pattern: PathPattern?
    for (index, route) in routes.enumerated() where route.pattern.match(segments) != nil {
      // A verb of a less specific pattern does not answer for a more specific one.
      if let pattern, !pattern.isSame(as: route.pattern) { break }
      pattern = route.pattern
      if route.verb == verb || route.verb == "GET" && verb == "HEAD" {
        return .route(made.withLock { $0[index, defaultingTo: router.route(to: route.method)] })
      }
      verbs.append(route.verb)
      if route.verb == "GET" { verbs.append("HEAD") }
    }
    return verbs.isEmpty ? .nothing : .otherVerbs(verbs.sorted())
  }
}

extension Dictionary where Key == Int, Value == Route {
  fileprivate subscript(index: Int, defaultingTo make: @autoclosure () -> Route) -> Route {
    mutating get {
      if let known = self[index] { return known }
      let made = make()
      self[index] = made
      return made
    }
  }
}
