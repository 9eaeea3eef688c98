// What the head of a Connect request says beside its protocol, method and format (W28–W30, W37).
package import FreshetCore
package import FreshetHTTP
import FreshetText

/// The time that the client gives the call, and how its body or its messages are compressed.
package struct ConnectHead: Sendable {
  /// Nil without a limit.
  package var timeout: Duration?
  /// Nil for identity. That of a GET is in its query.
  package var compression: Compression?

  /// - Parameters:
  ///   - speaks: one of Connect's protocols.
  ///   - requiresVersion: whether a request is refused that does not say which version of Connect it speaks. The query of a GET
  ///     says it itself (`ConnectQuery`).
  /// - Throws: `INVALID_ARGUMENT` for another version, or a timeout that cannot be read; `compression` for an unknown one.
  package init(
    _ fields: HeaderFields, _ speaks: WebProtocol, _ compressions: CompressionRegistry, requiresVersion: Bool = false
  ) throws(WebFault) {
    let versions = fields.values("connect-protocol-version")
    if versions.isEmpty, requiresVersion, speaks != .connectGET {
      throw .invalid("the request has no Connect-Protocol-Version, which has to be 1")
    }
    for version in versions where version != "1" {
      throw .invalid("the Connect-Protocol-Version is “\(printable(version))”, and has to be 1")
    }
    let timeouts = fields.values("connect-timeout-ms")
    if let first = timeouts.first {
      guard timeouts.count == 1, let timeout = ConnectTimeout.parse(first.utf8) else {
        throw .invalid("the Connect-Timeout-Ms “\(printable(first))” is not a positive number of up to ten digits")
      }
      self.timeout = timeout
    }
    switch speaks {
    case .connectGET: break
    case .connectStream: compression = try compressions.compression(of: fields, in: "connect-content-encoding")
    default: compression = try compressions.compression(of: fields, in: "content-encoding")
    }
  }

  /// The field in which clients list the encodings that they take.
  package static func acceptField(_ speaks: WebProtocol) -> StaticString {
    speaks == .connectStream ? "connect-accept-encoding" : "accept-encoding"
  }
}

extension WebFault {
  static func invalid(_ problem: String) -> WebFault { .call(Status(code: .invalidArgument, message: problem)) }
}
