// Reads a stream of responses, and cancels the call when the runner wants it.
import ConformanceStubs
import ConformanceSupport
import Freshet

/// For use in the task that is to be cancelled.
struct ResponseReading<Response: PayloadCarrier> {
  private let responses: ResponseStream<Response>
  private var iterator: ResponseStream<Response>.AsyncIterator
  private let cancellation: ClientCompatRequest.Cancel?
  private var payloads: [ConformancePayload] = []
  private var end: Result<Void, RPCError>?

  init(_ responses: ResponseStream<Response>, _ cancellation: ClientCompatRequest.Cancel, isCancelled: Bool) {
    self.responses = responses
    iterator = responses.makeAsyncIterator()
    self.cancellation = isCancelled ? cancellation : nil
  }

  /// - Returns: whether there was a response.
  mutating func readOne() async -> Bool {
    guard end == nil else { return false }
    if payloads.isEmpty { cancelAtCount() }
    do throws(RPCError) {
      guard let response = try await iterator.next() else {
        end = .success(())
        return false
      }
      payloads.append(response.payload)
      cancelAtCount()
      return true
    } catch {
      end = .failure(error)
      return false
    }
  }

  mutating func readRest() async {
    while await readOne() {}
  }

  /// All requests are sent, and this side is closed.
  func closedSending() async {
    switch cancellation?.cancelTiming {
    case .afterCloseSendMs(let delay):
      try? await Task.sleep(for: .milliseconds(delay))
      cancel()
    case nil: if cancellation != nil { cancel() }
    case .beforeCloseSend, .afterNumResponses: break
    }
  }

  func cancel() { withUnsafeCurrentTask { $0?.cancel() } }

  private func cancelAtCount() {
    if case .afterNumResponses(let count) = cancellation?.cancelTiming, count == payloads.count { cancel() }
  }

  /// The result of the call, once it has ended.
  func result() async -> ClientResponseResult {
    var result = ClientResponseResult()
    result.payloads = payloads
    result.responseHeaders = ((try? await responses.metadata) ?? [:]).headers
    switch end {
    case .success, nil: result.responseTrailers = ((try? await responses.trailers) ?? [:]).headers
    case .failure(let error):
      result.error = ErrorDefinition(error)
      result.responseTrailers = error.metadata.headers
    }
    return result
  }
}
