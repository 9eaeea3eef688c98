// A response to a unary call in Connect: a bare message, or an error in JSON (web.md W31, W32, W38–W40).
import FreshetClient
import FreshetCore
import FreshetHTTP
import NIOCore

final class ConnectUnaryResponse: ResponseForm {
  private let format: String
  private let compressions: CompressionRegistry
  private let maxBytes: Int
  private var httpStatus = 0
  private var isJSON = false
  private var compression: Compression?
  private var trailers = Metadata()
  private var body = ByteBuffer()
  private var failure: RPCError?

  init(_ request: WireRequest) {
    format = request.format
    compressions = request.compressions
    maxBytes = request.maxReceiveMessageBytes
  }

  private var isOK: Bool { httpStatus == 200 }

  func receiveHead(_ fields: HeaderFields, endStream: Bool) -> ResponseStart {
    httpStatus = fields.httpStatus ?? 0
    let metadata = WebMetadata.readConnectResponse(fields)
    trailers = metadata.trailers
    let type = fields.first("content-type")
    if isOK, let error = ResponseType.error(type, .connectUnary, format: format) { return .fails(error) }
    isJSON = type.flatMap { MediaType($0) }?.essence == "application/json"
    do throws(RPCError) {
      compression = try compressions.ofResponse(fields, in: "content-encoding")
    } catch {
      if isOK { return .fails(error) }
      isJSON = false  // the HTTP status still says something
    }
    return .begins(metadata.head, compression)
  }

  var heldBytes: Int { body.readableBytes }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    let byteCount = body.readableBytes + bytes.count
    if isOK, byteCount > maxBytes {
      let error = RPCError(
        code: .resourceExhausted,
        message: "a message of more than \(maxBytes) bytes exceeds the limit (maxReceiveMessageBytes)")
      failure = error
      throw error
    }
    if !isOK, !isJSON || byteCount > ResponseLimits.maxEndBytes {
      isJSON = false
      body = ByteBuffer()
      return
    }
    body.writeBytes(bytes)
  }

  func finish(into framed: inout ByteBuffer) {
    if !isOK { return }
    framed.writeMessage(body, isCompressed: compression != nil && body.readableBytes > 0)
    body = ByteBuffer()
  }

  func end() -> ResponseEnd {
    if let failure { return ResponseEnd(error: failure, trailers: trailers) }
    if isOK { return ResponseEnd(error: nil, trailers: trailers) }
    let json = isJSON ? errorText() : nil
    let error = ConnectError.read(json ?? [], isJSON: json != nil, httpStatus: httpStatus)
    return ResponseEnd(error: error.rpcError(metadata: trailers), trailers: trailers)
  }

  /// nil if it cannot be decompressed.
  private func errorText() -> [UInt8]? {
    try? EndFrame.Payload(isCompressed: compression != nil && body.readableBytes > 0, bytes: body).content(compression)
  }
}
