// Sends a handler's sequence of responses.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore

extension ServerCall {
  /// Sends all elements, each when the client has room for it. A generator's body runs right here, without a task
  /// between.
  func sendAll<Responses: AsyncSequence & Sendable>(
    _ responses: Responses, _ codec: any Codec<Responses.Element>
  ) async throws where Responses.Element: Sendable {
    let sink = ResponseSink(call: self, codec: codec)
    sendHeadSoon()
    if let generator = responses as? AsyncGenerator<Responses.Element, any Error> {
      return try await generator.run(into: sink)
    }
    for try await response in responses where try !sink.put(response) { try await sink.waitForRoom() }
  }
}

/// Where a handler's responses go: encoded and queued at once, and waited for only while the client has no room.
struct ResponseSink<Response: Sendable>: ImmediateSink {
  typealias Element = Response
  typealias SendFailure = any Error

  let call: ServerCall
  let codec: any Codec<Response>

  func put(_ response: Response) throws -> Bool { try call.put(response, codec) }

  func waitForRoom() async throws { try await call.stream.waitForRoom() }
}
