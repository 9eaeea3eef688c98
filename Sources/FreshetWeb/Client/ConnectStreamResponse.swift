// A response to a stream in Connect: messages, then the envelope with the status (web.md W37, W40).
import FreshetClient
import FreshetCore
import FreshetHTTP
import NIOCore

final class ConnectStreamResponse: ResponseForm {
  private let format: String
  private let compressions: CompressionRegistry
  private var frames = EndFrame(flag: ConnectEnd.flag, maxBytes: ResponseLimits.maxEndBytes)
  private var compression: Compression?
  private var payload: EndFrame.Payload?
  private var failure: RPCError?

  init(_ request: WireRequest) {
    format = request.format
    compressions = request.compressions
  }

  func receiveHead(_ fields: HeaderFields, endStream: Bool) -> ResponseStart {
    let metadata = WebMetadata.read(fields)
    guard fields.httpStatus == 200 else {
      return .fails(.httpStatus(fields.httpStatus, insteadOf: "Connect", metadata: metadata))
    }
    if let error = ResponseType.error(fields.first("content-type"), .connectStream, format: format) {
      return .fails(error)
    }
    do throws(RPCError) {
      compression = try compressions.ofResponse(fields, in: "connect-content-encoding")
    } catch {
      return .fails(error)
    }
    return .begins(metadata, compression)
  }

  var heldBytes: Int { frames.heldBytes }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    do throws(RPCError) {
      try frames.take(bytes, into: &framed)
    } catch {
      failure = error
      throw error
    }
  }

  /// Does not throw, so that the messages before a damaged end are delivered.
  func finish(into framed: inout ByteBuffer) {
    do throws(RPCError) { payload = try frames.finish() } catch { failure = error }
  }

  func end() -> ResponseEnd {
    do throws(RPCError) {
      if let failure { throw failure }
      guard let payload else {
        throw RPCError(code: .internal, message: "the response ended without its last envelope", origin: .peer)
      }
      let end = try ConnectEnd.read(payload.content(compression))
      return ResponseEnd(error: end.error?.rpcError(metadata: end.metadata), trailers: end.metadata)
    } catch {
      return ResponseEnd(error: error, trailers: Metadata())
    }
  }
}
