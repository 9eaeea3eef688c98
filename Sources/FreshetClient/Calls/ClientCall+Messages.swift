// Encodes requests, decodes responses, and sends a caller's sequence of requests.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore

extension CallOptions {
  /// The compression for a request of this size.
  fileprivate func compression(ofRequestWith bytes: Int) -> Compression? {
    guard let compression, bytes >= minimumCompressedBytes ?? 0, RequestCompression.isOn else { return nil }
    return compression
  }
}

extension ClientCall {
  /// An encoded request, ready to be sent.
  func frame(_ encoded: consuming ByteBuffer, _ options: CallOptions) throws(RPCError) -> ByteBuffer {
    let compression = options.compression(ofRequestWith: encoded.readableBytes - MessageFramer.prefixBytes)
    let frame = try MessageCoder.requests.frame(consume encoded, compression, of: method)
    observation?.requestSent(
      ObservedMessage(bytes: frame.readableBytes - MessageFramer.prefixBytes, isCompressed: compression != nil))
    guard let wire = core.options.wire else { return frame }
    if kind == .unary { mutable.isRequestCompressed = compression != nil }
    return wire.body(of: frame, kind)
  }

  func decode<Message>(_ message: MessageDeframer.Message, _ codec: any Codec<Message>) throws(RPCError) -> Message {
    observation?.responseReceived(ObservedMessage(message))
    let coder = MessageCoder.responses
    let payload =
      message.isCompressed
      ? try coder.decompress(message.payload, compression, maxBytes: maxReceiveMessageBytes) : message.payload
    return try coder.decode(payload, codec, of: method)
  }

  /// Sends all elements, each when the server has room for it, then END_STREAM. An error of the sequence ends the call.
  func sendAll<Requests: AsyncSequence & Sendable, Response>(
    _ requests: Requests, of method: MethodDescriptor<Requests.Element, Response>
  ) async where Requests.Element: Sendable {
    await send(method) { sink in
      if let generator = requests as? AsyncGenerator<Requests.Element, any Error> {
        try await generator.run(into: sink)
      } else {
        for try await request in requests where try !sink.put(request) { try await sink.waitForRoom() }
      }
    }
  }

  /// Like `sendAll`, for a synchronous sequence.
  func sendEach<Requests: Sequence & Sendable, Response>(
    _ requests: Requests, of method: MethodDescriptor<Requests.Element, Response>
  ) async where Requests.Element: Sendable {
    await send(method) { sink in
      for request in requests where try !sink.put(request) { try await sink.waitForRoom() }
    }
  }

  private func send<Request: Sendable, Response>(
    _ method: MethodDescriptor<Request, Response>, _ produce: (RequestSink<Request>) async throws -> Void
  ) async {
    guard await waitUntilOpen() else { return }
    do {
      try await produce(RequestSink(call: self, codec: core.options.requestCodec(of: method), options: options))
      stream.finishSending()
    } catch {
      // If the call has already ended, the producer learns of it here, and this has no effect.
      failRequests(error)
    }
  }
}

/// The target of a caller's requests: encoded and queued at once, and awaited only while the server has no room.
struct RequestSink<Request: Sendable>: ImmediateSink {
  typealias Element = Request
  typealias SendFailure = any Error

  let call: ClientCall
  let codec: any Codec<Request>
  let options: CallOptions

  func put(_ request: Request) throws -> Bool {
    let encoded = try MessageCoder.requests.encode(request, codec, of: call.method)
    return try call.stream.put(call.frame(consume encoded, options))
  }

  func waitForRoom() async throws { try await call.stream.waitForRoom() }
}
