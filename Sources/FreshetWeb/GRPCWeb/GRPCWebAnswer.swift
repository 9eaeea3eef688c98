// The content type of an answer in gRPC-Web (W14).
package import FreshetHTTP

package enum GRPCWebAnswer {
  /// That of the request, as text if the request is text or its client accepts text.
  package static func mediaType(to request: MediaType, _ fields: HeaderFields) -> (type: String, isText: Bool) {
    let text = "application/grpc-web-text"
    let acceptsText = fields.list("accept").contains { item in MediaType(item)?.base == text }
    guard acceptsText || request.base == text else { return (request.essence, false) }
    return (request.suffix.map { "\(text)+\($0)" } ?? text, true)
  }
}
