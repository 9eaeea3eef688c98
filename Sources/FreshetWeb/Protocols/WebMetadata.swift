// Which fields of a web request or response are an application's metadata (W9, W31, W33).
package import FreshetCore
package import FreshetHTTP
import FreshetText

package enum WebMetadata {
  /// The metadata of a request, or of the head of a gRPC-Web response: all fields but those of HTTP's machinery, of the protocols
  /// and of browsers.
  package static func read(_ fields: HeaderFields) -> Metadata { read(fields, split: false).head }

  /// The metadata of a unary response in Connect, whose trailers are fields with a prefix.
  package static func readConnectResponse(_ fields: HeaderFields) -> (head: Metadata, trailers: Metadata) {
    read(fields, split: true)
  }

  private static func read(_ fields: HeaderFields, split: Bool) -> (head: Metadata, trailers: Metadata) {
    let ofConnection = fields.list("connection")
    var head = Metadata(), trailers = Metadata()
    fields.forEach { name, value in
      let key = String(decoding: name, as: UTF8.self)
      if isReserved(key) || ofConnection.contains(key) { return }
      if split, key.hasPrefix(trailerPrefix) {
        trailers.add(wireValue: value, for: String(key.dropFirst(trailerPrefix.count)))
      } else {
        head.add(wireValue: value, for: key)
      }
    }
    return (head, trailers)
  }

  /// Whether a field has a meaning of its own, and so is not metadata.
  package static func isReserved(_ key: String) -> Bool {
    if reservedPrefixes.contains(where: key.hasPrefix) { return true }
    return switch key {
    case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "trailer",
      "accept-encoding", "host":
      true
    default: false
    }
  }

  private static let trailerPrefix = "trailer-"
  private static let reservedPrefixes = [":", "content-", "connect-", "trailer-connect-", "grpc-", "sec-"]
}

extension HeaderFields {
  /// Adds the metadata of a response's head. What has a meaning of its own is left out: a `content-encoding` of the application's
  /// would make the body unreadable.
  package mutating func append(webMetadata metadata: Metadata) {
    for (key, value) in metadata where !WebMetadata.isReserved(key) { append(key, value.wireText) }
  }

  /// Adds trailing metadata to the head of a unary answer in Connect.
  package mutating func append(connectTrailers metadata: Metadata) {
    for (key, value) in metadata where !key.hasPrefix("connect-") { append("trailer-\(key)", value.wireText) }
  }
}
