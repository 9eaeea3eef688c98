// Writes the headers and trailers of a response (grpc-wire.md S10, S11, S16).
import FreshetCore
import FreshetHTTP
import FreshetHTTP2

enum GRPCFields {
  /// The head of a response without metadata and compression.
  static let plainHead = ([":status": "200", "content-type": "application/grpc"] as HeaderFields).permanent
  /// The trailers of a successful call.
  static let plainOK = (["grpc-status": "0"] as HeaderFields).permanent

  static func head(
    _ metadata: Metadata, encoding: String?, from plainHead: HeaderFields = plainHead
  ) -> HeaderFields {
    if metadata.isEmpty, encoding == nil { return plainHead }
    var fields = plainHead
    if let encoding { fields.append("grpc-encoding", encoding) }
    fields.append(metadata)
    return fields
  }

  static func trailers(_ status: Status, details: [UInt8]? = nil, metadata: Metadata = Metadata()) -> HeaderFields {
    if status == .ok, metadata.isEmpty { return plainOK }
    var fields = HeaderFields()
    fields.append("grpc-status", String(status.code.rawValue))
    if !status.message.isEmpty { fields.append("grpc-message", PercentEncoding.encode(status.message)) }
    if let details { fields.append("grpc-status-details-bin", Base64.encode(details)) }
    fields.append(metadata)
    return fields
  }

  /// Head and trailers in one: for a call that fails before anything was sent.
  static func trailersOnly(
    _ status: Status, details: [UInt8]? = nil, metadata: Metadata = Metadata(), accepting: String? = nil,
    from plainHead: HeaderFields = plainHead
  ) -> HeaderFields {
    var fields = plainHead
    if let accepting { fields.append("grpc-accept-encoding", accepting) }
    fields.append(trailers(status, details: details, metadata: metadata))
    return fields
  }

  /// Shown to a person with a browser.
  static let httpBody = "This server speaks gRPC: POST with content-type application/grpc.\n"

  /// A response to a request that is not gRPC.
  static func http(status: Int) -> HeaderFields {
    var fields = HeaderFields()
    fields.append(":status", String(status))
    fields.append("content-type", "text/plain; charset=utf-8")
    switch status {
    case 405: fields.append("allow", "POST")
    case 415: fields.append("accept", "application/grpc")
    default: break
    }
    return fields
  }
}

extension HeaderFields {
  /// Appends validated metadata.
  fileprivate mutating func append(_ metadata: Metadata) {
    for (key, value) in metadata { append(key, value.wireText) }
  }

  fileprivate mutating func append(_ other: HeaderFields) {
    other.forEach { append($0, $1) }
  }
}
