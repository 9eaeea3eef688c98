// Connect's requests: unary ones by POST or GET, and streams (web.md W28–W37).
package import FreshetClient
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// Connect at the client.
package final class ConnectClientWire: ClientWire {
  private let usesGET: Bool

  /// - Parameter usesGET: for unary methods without side effects.
  package init(usesGET: Bool) { self.usesGET = usesGET }

  package func requestHead(_ request: WireRequest) throws(RPCError) -> HeaderFields {
    let isUnary = request.kind == .unary
    var fields = try request.head("POST")
    fields.append("content-type", (isUnary ? "application/" : "application/connect+") + request.format)
    fields.append("connect-protocol-version", "1")
    if let compression = request.compression {
      fields.append(isUnary ? "content-encoding" : "connect-content-encoding", compression.name)
    }
    fields.append(isUnary ? "accept-encoding" : "connect-accept-encoding", request.compressions.acceptEncoding)
    finish(&fields, request)
    return fields
  }

  package func prefersMessageInHead(_ kind: MethodKind, _ idempotency: Idempotency) -> Bool {
    usesGET && kind == .unary && idempotency == .noSideEffects
  }

  package func requestHead(
    _ request: WireRequest, holding message: ByteBuffer
  ) throws(RPCError) -> HeaderFields? {
    if message.readableBytes >= ConnectQuery.maxURLBytes { return nil }
    let query = ConnectQuery(
      encoding: request.format, compression: request.compression?.name ?? "",
      message: Array(message.readableBytesView))
    let target = query.path(of: request.path)
    let urlBytes = request.scheme.utf8.count + "://".utf8.count + request.authority.utf8.count + target.utf8.count
    if urlBytes > ConnectQuery.maxURLBytes { return nil }
    var fields = try request.head("GET", target)
    fields.append("accept-encoding", request.compressions.acceptEncoding)
    finish(&fields, request)
    return fields
  }

  private func finish(_ fields: inout HeaderFields, _ request: WireRequest) {
    if let timeout = request.timeout.flatMap(ConnectTimeout.format) { fields.append("connect-timeout-ms", timeout) }
    request.finish(&fields)
  }

  /// A unary call's message has no frame.
  package func body(of frame: consuming ByteBuffer, _ kind: MethodKind) -> ByteBuffer {
    if kind == .unary { frame.moveReaderIndex(forwardBy: MessageFramer.prefixBytes) }
    return frame
  }

  package func responseForm(_ request: WireRequest) -> any ResponseForm {
    request.kind == .unary ? ConnectUnaryResponse(request) : ConnectStreamResponse(request)
  }
}
