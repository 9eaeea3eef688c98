// Encodes requests, decodes responses, and sends a caller's sequence of requests.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore

extension ClientCall {
  static func frame<Message>(
    _ message: Message, _ codec: any Codec<Message>, _ compression: Compression?, method: String
  ) throws(RPCError) -> ByteBuffer {
    do {
      let encoded = try codec.encode(message, reservingPrefix: MessageFramer.prefixBytes)
      return try MessageFramer(compression: compression).frame(encoded, compressed: compression != nil)
    } catch {
      throw RPCError(code: .internal, message: "a request of \(method) cannot be encoded: \(error)", cause: error)
    }
  }

  func decode<Message>(_ message: MessageDeframer.Message, _ codec: any Codec<Message>) throws(RPCError) -> Message {
    var payload = message.payload
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

  /// Sends all elements, each when the server has room for it, then END_STREAM. An error of the sequence cancels the
  /// call.
  func sendAll<Requests: AsyncSequence & Sendable>(
    _ requests: Requests, _ codec: any Codec<Requests.Element>, _ compression: Compression?
  ) async where Requests.Element: Sendable {
    let send: @Sendable (Requests.Element) async throws -> Void = { request in
      try await self.stream.send(Self.frame(request, codec, compression, method: self.method))
    }
    guard await waitUntilOpen() else { return }
    do {
      if let generator = requests as? AsyncGenerator<Requests.Element, any Error> {
        try await generator.run(send)
      } else {
        for try await request in requests { try await send(request) }
      }
      stream.executor.run { self.stream.finish() }
    } catch {
      // When the call has ended already, this is how the producer learns of it, and changes nothing.
      cancel(
        error as? RPCError
          ?? RPCError(
            code: .cancelled, message: "the requests of \(method) ended with an error: \(error)", cause: error))
    }
  }
}
