// Encodes requests, decodes responses, and sends a caller's sequence of requests.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore

extension ClientCall {
  /// A request's bytes after the room for its prefix.
  static func encode<Message>(
    _ message: Message, _ codec: any Codec<Message>, method: String
  ) throws(RPCError) -> ByteBuffer {
    do {
      return try codec.encode(message, reservingPrefix: MessageFramer.prefixBytes)
    } catch {
      throw RPCError(code: .internal, message: "a request of \(method) cannot be encoded: \(error)", cause: error)
    }
  }

  /// An encoded request, ready to be sent.
  func frame(_ encoded: consuming ByteBuffer, _ options: CallOptions) throws(RPCError) -> ByteBuffer {
    let frame = try Self.frame(consume encoded, options, method: method)
    observation?.requestSent(bytes: frame.readableBytes - MessageFramer.prefixBytes)
    return frame
  }

  private static func frame(
    _ encoded: consuming ByteBuffer, _ options: CallOptions, method: String
  ) throws(RPCError) -> ByteBuffer {
    let bytes = encoded.readableBytes - MessageFramer.prefixBytes
    let isCompressed =
      options.compression != nil && bytes >= options.minimumCompressedBytes ?? 0 && RequestCompression.isOn
    do throws(RPCError) {
      return try MessageFramer(compression: options.compression).frame(consume encoded, compressed: isCompressed)
    } catch {
      throw RPCError(code: .internal, message: "a request of \(method) cannot be encoded: \(error)", cause: error)
    }
  }

  func decode<Message>(_ message: MessageDeframer.Message, _ codec: any Codec<Message>) throws(RPCError) -> Message {
    var payload = message.payload
    observation?.responseReceived(bytes: payload.readableBytes)
    if message.isCompressed {
      guard let compression else {
        throw RPCError(
          code: .internal, message: "a response is marked as compressed, but grpc-encoding names no compression")
      }
      payload = try compression.decompress(payload, maxBytes: maxReceiveMessageBytes)
    }
    do {
      return try codec.decode(payload)
    } catch {
      throw RPCError(code: .internal, message: "a response of \(method) cannot be decoded: \(error)", cause: error)
    }
  }

  /// Sends all elements, each when the server has room for it, then END_STREAM. An error of the sequence ends the call.
  func sendAll<Requests: AsyncSequence & Sendable>(
    _ requests: Requests, _ codec: any Codec<Requests.Element>
  ) async where Requests.Element: Sendable {
    await send(codec) { sink in
      if let generator = requests as? AsyncGenerator<Requests.Element, any Error> {
        try await generator.run(into: sink)
      } else {
        for try await request in requests where try !sink.put(request) { try await sink.waitForRoom() }
      }
    }
  }

  /// Like `sendAll`, for a synchronous sequence.
  func sendEach<Requests: Sequence & Sendable>(
    _ requests: Requests, _ codec: any Codec<Requests.Element>
  ) async where Requests.Element: Sendable {
    await send(codec) { sink in
      for request in requests where try !sink.put(request) { try await sink.waitForRoom() }
    }
  }

  private func send<Request: Sendable>(
    _ codec: any Codec<Request>, _ produce: (RequestSink<Request>) async throws -> Void
  ) async {
    guard await waitUntilOpen() else { return }
    do {
      try await produce(RequestSink(call: self, codec: codec, options: options))
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
    let encoded = try ClientCall.encode(request, codec, method: call.method)
    return try call.stream.put(call.frame(consume encoded, options))
  }

  func waitForRoom() async throws { try await call.stream.waitForRoom() }
}
