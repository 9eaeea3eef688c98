// Sends a handler's sequence of responses.
import FreshetCore
import FreshetStreams

extension ServerCall {
  /// Sends all elements, each when the client has room for it. A generator's body runs right here, without a task
  /// between.
  func sendAll<Responses: AsyncSequence & Sendable>(
    _ responses: Responses, _ codec: any Codec<Responses.Element>
  ) async throws where Responses.Element: Sendable {
    if let generator = responses as? AsyncGenerator<Responses.Element, any Error> {
      return try await generator.run { response in try await self.send(response, codec) }
    }
    for try await response in responses { try await send(response, codec) }
  }
}
