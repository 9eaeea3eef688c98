// gRPC-Web's requests, and what its responses mean (web.md W21).
package import FreshetClient
package import FreshetCore
package import FreshetHTTP
import FreshetTransport
package import NIOCore

/// gRPC-Web, binary or text, at the client.
package final class GRPCWebClientWire: ClientWire {
  private let isText: Bool

  package init(isText: Bool) { self.isText = isText }

  package func requestHead(_ request: WireRequest) throws(RPCError) -> HeaderFields {
    let type = (isText ? "application/grpc-web-text+" : "application/grpc-web+") + request.format
    var fields = try request.head("POST")
    if let timeout = request.timeout { fields.append("grpc-timeout", GRPCTimeout.format(timeout)) }
    fields.append("content-type", type)
    fields.append("accept", type)
    fields.append("x-grpc-web", "1")
    if let compression = request.compression { fields.append("grpc-encoding", compression.name) }
    fields.append("grpc-accept-encoding", request.compressions.acceptEncoding)
    request.finish(&fields)
    return fields
  }

  package func prefersMessageInHead(_ kind: MethodKind, _ idempotency: Idempotency) -> Bool { false }
  package func requestHead(
    _ request: WireRequest, holding message: ByteBuffer
  ) throws(RPCError) -> HeaderFields? { nil }

  package func body(of frame: consuming ByteBuffer, _ kind: MethodKind) -> ByteBuffer {
    isText ? Base64Runs.encode(frame) : frame
  }

  package func responseForm(_ request: WireRequest) -> any ResponseForm { GRPCWebResponse(request, isText: isText) }
}

/// One response in gRPC-Web.
private final class GRPCWebResponse: ResponseForm {
  private let format: String
  private let compressions: CompressionRegistry
  private var frames = EndFrame(flag: GRPCWebTrailers.flag, maxBytes: ResponseLimits.maxEndBytes)
  /// nil in binary form.
  private var text: Base64Runs?
  private var compression: Compression?
  /// The head, if it has a status.
  private var headWithStatus: (head: ResponseHead, metadata: Metadata)?
  /// Whether the head says everything, whatever the body.
  private var ignoresBody = false
  private var hasBody = false
  private var trailers: EndFrame.Payload?
  private var failure: RPCError?

  init(_ request: WireRequest, isText: Bool) {
    format = request.format
    compressions = request.compressions
    text = isText ? Base64Runs() : nil
  }

  func receiveHead(_ fields: HeaderFields, endStream: Bool) -> ResponseStart {
    let head = ResponseHead(fields), metadata = WebMetadata.read(fields)
    if head.hasStatus {
      headWithStatus = (head, metadata)
      ignoresBody = endStream || head.httpStatus != 200 || fields.first("content-length") == "0"
      if ignoresBody { return .endsOnly }
    }
    guard head.httpStatus == 200 else {
      return .fails(.httpStatus(head.httpStatus, insteadOf: "gRPC-Web", metadata: metadata))
    }
    if let error = ResponseType.error(fields.first("content-type"), .grpcWeb(isText: text != nil), format: format) {
      return .fails(error)
    }
    do throws(RPCError) {
      compression = try compressions.ofResponse(fields, in: "grpc-encoding")
    } catch {
      return .fails(error)
    }
    return .begins(metadata, compression)
  }

  var heldBytes: Int { frames.heldBytes }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    if ignoresBody || bytes.isEmpty { return }
    hasBody = true
    do throws(RPCError) {
      guard text != nil else { return try frames.take(bytes, into: &framed) }
      var decoded = ByteBuffer()
      try text?.decode(bytes, into: &decoded)
      try take(decoded, into: &framed)
    } catch {
      failure = error
      throw error
    }
  }

  private func take(_ decoded: ByteBuffer, into framed: inout ByteBuffer) throws(RPCError) {
    try decoded.withUnsafeReadableBytes { bytes throws(RPCError) in try frames.take(bytes, into: &framed) }
  }

  /// Does not throw, so that the messages before a damaged end are delivered.
  func finish(into framed: inout ByteBuffer) {
    do throws(RPCError) {
      var decoded = ByteBuffer()
      try text?.finish(into: &decoded)
      try take(decoded, into: &framed)
      trailers = try frames.finish()
    } catch {
      failure = error
    }
  }

  func end() -> ResponseEnd {
    do throws(RPCError) {
      if let failure { throw failure }
      guard let trailers else { return try endWithoutTrailers() }
      let end = ResponseHead(try GRPCWebTrailers.read(trailers.content(compression)))
      return ResponseEnd(error: end.errorOfTrailers(isTrailersOnly: false), trailers: end.metadata)
    } catch {
      return ResponseEnd(error: error, trailers: Metadata())
    }
  }

  /// A status in the head counts if no frame follows (W17).
  private func endWithoutTrailers() throws(RPCError) -> ResponseEnd {
    guard !hasBody, let (head, metadata) = headWithStatus else {
      throw RPCError(code: .internal, message: "the response ended without its trailers", origin: .peer)
    }
    var error = head.errorOfTrailers(isTrailersOnly: false)
    error?.metadata = metadata
    return ResponseEnd(error: error, trailers: metadata)
  }
}
