// Reads a call's responses for one iterator, many at a time where the reader is not on the call's loop.
import FreshetCore
import FreshetTransport

/// Lives as long as its iterator: if that is released before the call has ended, the call is cancelled.
// SAFETY: `batch` and `isOver` are used by the one task that iterates; iterators are not shared between tasks by
// AsyncSequence's contract.
final class ResponseReader<Response: Sendable>: @unchecked Sendable {
  private let source: any ResponseSource<Response>
  private let call: ClientCall
  /// The messages of the last hop, in reverse order; counted as unread until the next hop.
  @exclusivity(unchecked) private var batch: [MessageDeframer.Message] = []
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
    if isCancelled {
      batch = []
      return nil  // `next` throws the error
    }
    guard let message = batch.popLast() ?? call.stream.takeReady() else { return nil }
    do throws(RPCError) {
      return try source.decode(message, of: call)
    } catch {
      throw end(error)
    }
  }

  /// - Returns: nil after the last response.
  func next() async throws(RPCError) -> Response? {
    do throws(RPCError) {
      let message = try await nextMessage()
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

  private func nextMessage() async throws(RPCError) -> MessageDeframer.Message? {
    if call.stream.isOnLoop { return try await call.stream.next() }
    guard let (first, rest) = try await call.stream.nextBatch() else { return nil }
    batch = rest.reversed()
    return first
  }
}
