// What has to be known of a method to tell which protocol a request for it speaks.
package import FreshetCore

package struct WebMethod: Hashable, Sendable {
  package var kind: MethodKind
  package var idempotency: Idempotency
  /// The names of the method's formats, in lower case; the first is meant where a request names none.
  package var formats: [String]

  package init(kind: MethodKind, idempotency: Idempotency = .unknown, formats: [String]) {
    self.kind = kind
    self.idempotency = idempotency
    self.formats = formats
  }

  /// Whether Connect has the method called by GET, which caches may answer.
  package var takesGET: Bool { kind == .unary && idempotency == .noSideEffects }

  /// The verbs of HTTP by which it can be called, for `Allow`. HEAD is part of GET.
  package var verbs: [String] { takesGET ? ["GET", "POST"] : ["POST"] }

  /// All media types that its requests may have, for `Accept-Post` (W7).
  package var mediaTypes: [String] {
    var types = ["application/grpc", "application/grpc-web", "application/grpc-web-text"]
    for format in formats {
      types += ["application/grpc", "application/grpc-web", "application/grpc-web-text"].map { "\($0)+\(format)" }
      types.append(kind == .unary ? "application/\(format)" : "application/connect+\(format)")
    }
    return types.sorted()
  }

  func format(_ name: String?) -> Int? {
    guard let name else { return formats.isEmpty ? nil : 0 }
    return formats.firstIndex(of: name)
  }
}
