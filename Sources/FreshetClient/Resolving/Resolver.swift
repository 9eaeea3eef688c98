// Finds the endpoints of a target.
package import FreshetTransport

/// A resolver's result: endpoints, or an error.
package typealias Resolution = Result<[Endpoint], TransportError>

/// Finds the endpoints of one channel's target (grpc-channel.md R3). Confined to the channel's loop, on which it calls
/// the `report` closure that it was created with: once for each query, and whenever it learns of a change.
package protocol Resolver: AnyObject {
  /// Requests a result, which may be reported before this returns. Not called again before the report, unless `giveUp`
  /// was.
  func resolve()
  /// The result is no longer awaited.
  func giveUp()
}

/// Creates a channel's resolver.
package typealias ResolverFactory =
  @Sendable (_ executor: LoopExecutor, _ report: @escaping (Resolution) -> Void) -> any Resolver

/// Has fixed endpoints.
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

/// Uses the system's resolver. DNS does not say which addresses belong to one server, so each is an endpoint of its own
/// (R6).
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
  /// - Parameter resolve: blocks until the addresses of a name are known.
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
