// What finds the endpoints of a target.
package import FreshetTransport

/// What a resolver found: endpoints, or what kept it from finding any.
package typealias Resolution = Result<[Endpoint], TransportError>

/// Finds the endpoints of one channel's target (grpc-channel.md R3). Confined to the channel's loop, on which it calls the
/// `report` that it was made with: once for each question, and whenever it learns of a change.
package protocol Resolver: AnyObject {
  /// Asks for a result, which may be reported before this returns. Not asked again before that, unless it was given up.
  func resolve()
  /// The answer is not waited for any more.
  func giveUp()
}

/// Makes a channel's resolver.
package typealias ResolverFactory =
  @Sendable (_ executor: LoopExecutor, _ report: @escaping (Resolution) -> Void) -> any Resolver

/// Knows its endpoints.
package final class FixedResolver: Resolver {
  private let endpoints: [Endpoint]
  private let report: (Resolution) -> Void

  package init(_ endpoints: [Endpoint], report: @escaping (Resolution) -> Void) {
    self.endpoints = endpoints
    self.report = report
  }

  package func resolve() { report(.success(endpoints)) }
  package func giveUp() {}
}

/// Asks the system's resolver. DNS does not say which addresses are of one server, so each is an endpoint of its own (R6).
final class NameResolver: Resolver {
  private let lookup: NameLookup
  private let host: String
  private let port: Int
  private let report: (Resolution) -> Void

  init(_ lookup: NameLookup, host: String, port: Int, report: @escaping (Resolution) -> Void) {
    self.lookup = lookup
    self.host = host
    self.port = port
    self.report = report
  }

  func resolve() {
    lookup.start(host: host, port: port) { [report] found in report(found.map { $0.map { Endpoint([$0]) } }) }
  }

  func giveUp() { lookup.giveUp() }
}

extension Destination {
  /// - Parameter resolve: what blocks until the addresses of a name are known.
  func resolver(_ resolve: @escaping NameLookup.Resolve) -> ResolverFactory {
    switch self {
    case .addresses(let addresses):
      { _, report in FixedResolver(addresses.map { Endpoint([$0]) }, report: report) }
    case .name(let host, let port):
      { executor, report in
        NameResolver(NameLookup(resolve, on: executor), host: host, port: port, report: report)
      }
    }
  }
}
