// What may be wrong with a request before a handler sees it (W6).
package import FreshetCore

/// Why a request gets no handler, in no protocol's terms. `WebRefusal` says it in those of the request's.
package enum WebFault: Error, Hashable, Sendable {
  /// Not a request that HTTP allows, whatever it speaks.
  case badRequest(String)
  /// Neither a method nor a route of the application's has that path.
  case unknownMethod(path: String)
  case verb(String, allowed: [String])
  /// An extended CONNECT for another protocol than WebSocket (W80).
  case tunnel(String)
  case mediaType(String?, accepted: [String])
  /// - Parameter supported: the value of an accept list, such as `identity,gzip`.
  case compression(String, supported: String)
  /// It cannot be done in the version of HTTP in which it came.
  case httpVersion(needed: String)
  case headersTooLarge
  case draining
  /// A script of a page that the server does not know has sent it (W23).
  case foreignOrigin(String)
  /// The protocol can say it by a status: a time-out that cannot be read, a message that is too big.
  case call(Status)
}
