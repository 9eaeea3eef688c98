// Requests as a handler reads them, decompressed and decoded.
import FreshetCore
import FreshetTransport
import NIOCore
import Synchronization

extension ServerCall {
  /// The one request of a method that takes one.
  func decodeRequest<Request>(_ codec: any Codec<Request>) throws(RPCError) -> Request {
    guard let message = intake.request else {
      throw RPCError(code: .internal, message: "an interceptor ran the handler of \(method) twice")
    }
    intake.request = nil
    let decoded = try decode(consume message, codec, &intake.reading)
    if stream.isOnLoop {
      stream.releaseHeld()
      stream.giveBackMemory()
    }
    return decoded
  }

  /// The next request, if available: usually there is no need to wait, and an async call costs more than the rest.
  func readyRequest<Request>(
    _ codec: any Codec<Request>, _ intake: inout RequestIntake
  ) throws(RPCError) -> Request? {
    if Task.isCancelled { return nil }  // `nextRequest` throws the error
    guard let message = stream.takeReady() else { return nil }
    if let observation { note(request: message, observation) }
    if message.isCompressed, try !decompressesAtOnce(message, &intake) {
      intake.held = message
      return nil
    }
    return try decode(message, codec, &intake)
  }

  /// - Returns: nil at the end, and ever after it or an error.
  func nextRequest<Request>(
    _ codec: any Codec<Request>, _ intake: inout RequestIntake
  ) async throws(RPCError) -> Request? {
    if intake.isOver { return nil }
    intake.isOver = true  // unless a request is decoded
    var message = intake.held.take()
    if message == nil {
      message = try await stream.next()
      if let observation, let message { note(request: message, observation) }
    }
    if Task.isCancelled { throw .readerWasCancelled }  // nor is what arrived at the same moment delivered
    guard let message else { return nil }
    // Off the loop, `decode` decompresses: the reader has its own thread, and one message at a time.
    if message.isCompressed, stream.isOnLoop { try await decompress(message, &intake, isRequest: false) }
    return try decode(message, codec, &intake)
  }

  private func decode<Request>(
    _ message: consuming MessageDeframer.Message, _ codec: any Codec<Request>, _ intake: inout RequestIntake
  ) throws(RPCError) -> Request {
    if head?.compression != nil { shared.withLock { $0.lastRequestWasCompressed = message.isCompressed } }
    let payload = message.isCompressed ? try takeDecompressed(message, &intake) : message.payload
    intake.isOver = false
    do throws(RPCError) {
      return try MessageCoder.requests.decode(payload, codec, of: method)
    } catch {
      intake.isOver = true
      throw RPCError(
        code: head?.wire.malformedRequestCode ?? error.code, message: error.message, cause: error.cause)
    }
  }

  // MARK: Compressed requests

  func decompressRequest() async throws(RPCError) {
    if let request = intake.request { try await decompress(request, &intake.reading, isRequest: true) }
  }

  /// Decompresses the message that `decode` takes next: on the loop only if that is quick, otherwise when its turn
  /// comes.
  private func decompress(
    _ message: MessageDeframer.Message, _ intake: inout RequestIntake, isRequest: Bool
  ) async throws(RPCError) {
    if try decompressesAtOnce(message, &intake) { return }
    let (payload, compression, maxBytes) = (message.payload, head?.compression, options.maxReceiveMessageBytes)
    let result = await connection.decompressions.run(isRequest: isRequest) { () -> DecompressionLine.Outcome in
      if self.isCancelled { return .failure(.callIsOver) }
      do throws(RPCError) {
        return .success(try MessageCoder.requests.decompress(payload, compression, maxBytes: maxBytes))
      } catch {
        return .failure(error)
      }
    }
    if isCancelled { stream.executor.run { self.connection.bearWastedDecompression(result) } }
    intake.decompressed = try result.get()
  }

  private func takeDecompressed(
    _ message: MessageDeframer.Message, _ intake: inout RequestIntake
  ) throws(RPCError) -> ByteBuffer {
    if let known = intake.decompressed.take() { return known }
    return try MessageCoder.requests.decompress(
      message.payload, head?.compression, maxBytes: options.maxReceiveMessageBytes)
  }

  private func decompressesAtOnce(
    _ message: MessageDeframer.Message, _ intake: inout RequestIntake
  ) throws(RPCError) -> Bool {
    if intake.decompressed != nil { return true }
    intake.decompressed = try RequestPayload.decompressOnLoop(
      message.payload, head?.compression, maxBytes: options.maxReceiveMessageBytes)
    return intake.decompressed != nil
  }
}

extension RPCError {
  fileprivate static var readerWasCancelled: RPCError {
    RPCError(code: .cancelled, message: "the task that read the requests was cancelled")
  }
}
