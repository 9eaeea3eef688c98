// Reads a call's responses for one iterator.
import FreshetCore
import FreshetTransport

/// Lives as long as its iterator: if that is released before the call has ended, the call is cancelled.
// SAFETY: `isOver` is used by the one task that iterates; iterators are not shared between tasks by AsyncSequence's
// contract.
final class ResponseReader<Response: Sendable>: @unchecked Sendable {
  private let source: any ResponseSource<Response>
  private let call: ClientCall
  @exclusivity(unchecked) private var isOver = false

  init(_ source: any ResponseSource<Response>) {
    self.source = source
    call = source.call()
  }

  deinit {
    if !isOver { call.cancel(.responsesAreNotRead) }
  }

  /// The next response, if available: usually there is no need to wait, and an async call costs more than the rest.
  func takeReady() throws(RPCError) -> Response? {
    if isCancelled { return nil }  // `next` throws the error
    guard let message = call.stream.takeReady() else { return nil }
    do throws(RPCError) {
      return try source.decode(message, of: call)
    } catch {
      throw end(error)
    }
  }

  /// - Returns: nil after the last response.
  func next() async throws(RPCError) -> Response? {
    do throws(RPCError) {
      let message = try await call.stream.next()
      if isCancelled { throw .callWasCancelled }  // nor is what arrived at the same moment delivered
      guard let message else {
        isOver = true
        return nil
      }
      return try source.decode(message, of: call)
    } catch {
      throw end(error)
    }
  }

  /// Nothing is delivered to a cancelled task or from a cancelled call.
  private var isCancelled: Bool { call.wasGivenUp || Task.isCancelled }

  private func end(_ error: RPCError) -> RPCError {
    isOver = true
    source.noteFailure(error)
    call.cancel(error)  // for an error on this side; a call that has ended ignores it
    return error
  }
}
