// Sends a handler's sequence of responses.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore

extension ServerCall {
  /// Sends all messages, each when the client has room for it. A generator's body runs right here, without a task
  /// between.
  func sendAll<Response>(_ responses: MessageStream<Response>, _ codec: any Codec<Response>) async throws {
    sendHeadSoon()
    try await responses.run(into: ResponseSink(call: self, codec: codec))
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
