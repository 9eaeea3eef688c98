// What a policy makes of a request, and what its answer then says (W22–W27).
package import FreshetHTTP
import FreshetText

/// What the server thinks of where a request comes from.
package enum CORSDecision: Hashable, Sendable {
  /// From no browser, or from a page of this server's: CORS is not concerned.
  case sameOrigin
  /// From a page that may call: what `access-control-allow-origin` says.
  case allowed(String)
  /// From one that may not: no handler sees the request (`WebFault.foreignOrigin`).
  case refused(origin: String)
}

extension CORSPolicy {
  /// Judges a request, pseudo-headers included.
  package func judge(_ fields: HeaderFields) -> CORSDecision {
    let origins = fields.values("origin")
    guard let first = origins.first else { return .sameOrigin }
    guard origins.count == 1, let origin = Origin(first) else { return .refused(origin: first) }
    if fields.first("sec-fetch-site") == "same-origin" { return .sameOrigin }
    if let scheme = fields.first(":scheme"), let authority = fields.first(":authority"),
      Origin(scheme: scheme, authority: authority) == origin
    {
      return .sameOrigin
    }
    guard self.origins.contains(origin) else { return .refused(origin: first) }
    return .allowed(self.origins.isAny ? "*" : first)
  }

  /// The whole answer to a preflight. It has no body, asks for no authentication, and says nothing of the path.
  /// - Throws: `foreignOrigin`.
  package func preflight(_ fields: HeaderFields) throws(WebFault) -> HeaderFields {
    var answer: HeaderFields = [":status": "204"]
    let decision = judge(fields)
    if case .refused(let origin) = decision { throw .foreignOrigin(origin) }
    if case .allowed(let origin) = decision {
      answer.append("access-control-allow-origin", origin)
      if sendsCredentials { answer.append("access-control-allow-credentials", "true") }
      answer.append("access-control-allow-methods", (["POST", "GET"] + methods).joined(separator: ", "))
      let names = fields.list("access-control-request-headers").filter { isToken($0.utf8) && allows(header: $0) }
      if !names.isEmpty { answer.append("access-control-allow-headers", names.joined(separator: ", ")) }
      answer.append("access-control-max-age", String(maxAge.components.seconds))
      if allowsPrivateNetwork, fields.first("access-control-request-private-network") == "true" {
        answer.append("access-control-allow-private-network", "true")
      }
    }
    answer.append("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    return answer
  }

  /// Adds to the head of an answer, also of one that fails, what lets the script read it. All other fields have to be there, since their
  /// names are listed.
  package func append(to head: inout HeaderFields, _ decision: CORSDecision) {
    if isOff { return }
    if case .allowed(let origin) = decision {
      let exposed = exposedNames(of: head)
      head.append("access-control-allow-origin", origin)
      if sendsCredentials { head.append("access-control-allow-credentials", "true") }
      head.append("access-control-expose-headers", exposed.joined(separator: ", "))
    }
    // Also where no other origin has asked, since a cache may give the answer to one (Fetch §3.2.5).
    head.append("vary", "Origin")
  }

  var sendsCredentials: Bool { allowsCredentials && !origins.isAny }

  private func allows(header name: String) -> Bool {
    if Self.protocolHeaders.contains(name) { return true }
    return allowedHeaders.contains { $0.lowercased() == name || $0 == "*" && name != "authorization" }
  }

  private func exposedNames(of head: HeaderFields) -> [String] {
    var names = Self.protocolNames + exposedHeaders.map { $0.lowercased() }
    var seen = Set(names)
    head.forEach { name, _ in
      let name = String(decoding: name, as: UTF8.self)
      if WebMetadata.isReserved(name) || Self.unexposedNames.contains(name) || name.hasPrefix("access-control-") {
        return
      }
      if seen.insert(name).inserted { names.append(name) }
    }
    return names
  }

  /// The request headers of the protocols (W26).
  private static let protocolHeaders: Set = [
    "content-type", "x-grpc-web", "x-user-agent", "grpc-timeout", "connect-protocol-version", "connect-timeout-ms",
  ]
  /// The response headers of the protocols (W25).
  private static let protocolNames = ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding"]
  /// What scripts may read anyway (Fetch's safelist), may never read, or have no use for.
  private static let unexposedNames: Set = [
    "cache-control", "expires", "last-modified", "pragma", "set-cookie", "date", "server", "vary",
  ]
}
