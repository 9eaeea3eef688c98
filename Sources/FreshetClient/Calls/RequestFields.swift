// Writes the headers of a request (grpc-wire.md C1).
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport

/// The parts of a request's head, for use on any loop.
struct RequestHead: Sendable {
  let request: ClientCallRequest
  let contentSubtype: String
  let kind: MethodKind
  let idempotency: Idempotency
  /// Whether the only request of a unary call is compressed; known for wires only.
  let isRequestCompressed: Bool
  let deadline: CallDeadline?
  let channel: ChannelOptions

  /// - Throws: as for `RequestFields.head`.
  func fields(on executor: LoopExecutor) throws(RPCError) -> HeaderFields {
    try RequestFields.head(
      path: request.method, authority: channel.authority, scheme: channel.scheme, contentSubtype: contentSubtype,
      timeout: timeout(on: executor),
      encoding: request.options.compression?.name, acceptEncoding: channel.compressions.acceptEncoding,
      metadata: request.options.metadata)
  }

  func timeout(on executor: LoopExecutor) -> Duration? {
    deadline.map { $0.timeoutAsGiven(now: executor.now) ?? $0.deadline.remaining(now: executor.time) }
  }
}

enum RequestFields {
  static let userAgent = "grpc-swift-freshet/\(FreshetVersion.current)"

  /// - Parameter metadata: validated by the caller.
  /// - Throws: `INTERNAL` for a path or content-subtype that HTTP/2 does not allow.
  static func head(
    path: String, authority: String, scheme: String, contentSubtype: String, timeout: Duration?, encoding: String?,
    acceptEncoding: String, metadata: Metadata
  ) throws(RPCError) -> HeaderFields {
    guard FieldText.isPath(path), FieldText.isToken(contentSubtype) else {
      throw RPCError(
        code: .internal,
        message:
          "the method “\(printable(path))” with the content-subtype “\(printable(contentSubtype))” cannot be called: "
          + "a path is visible ASCII, a content-subtype a token in lower case")
    }
    var fields: HeaderFields = [":method": "POST"]
    fields.append(":scheme", scheme)
    fields.append(":path", path)
    fields.append(":authority", authority)
    if let timeout { fields.append("grpc-timeout", GRPCTimeout.format(timeout)) }
    fields.append("te", "trailers")
    fields.append("content-type", contentSubtype == "proto" ? "application/grpc" : "application/grpc+\(contentSubtype)")
    if let encoding { fields.append("grpc-encoding", encoding) }
    if !acceptEncoding.isEmpty { fields.append("grpc-accept-encoding", acceptEncoding) }
    fields.append("user-agent", userAgent(metadata))
    append(metadata, to: &fields)
    return fields
  }

  /// After the reserved fields, which already include the application's user-agent.
  static func append(_ metadata: Metadata, to fields: inout HeaderFields) {
    for (key, value) in metadata where key != "user-agent" { fields.append(key, value.wireText) }
  }

  /// The application's own name precedes the library's, in one field.
  static func userAgent(_ metadata: Metadata) -> String {
    if metadata["user-agent"] == nil { return userAgent }
    let own = metadata.strings(for: "user-agent").map { MetadataValue.string($0).wireText }.filter { !$0.isEmpty }
    return (own + [userAgent]).joined(separator: " ")
  }
}

/// The version of this library.
enum FreshetVersion {
  static let current = "0.1.0"
}
