// A call whose requests are sent one by one, for callers that have no sequence to give.
public import FreshetCore

/// A bidirectional call with `send` and `responses`.
///
/// ```swift
/// let call = echo.update()
/// try await call.send(.with { $0.text = "hello" })
/// call.finish()
/// for try await update in call.responses { print(update.text) }
/// ```
///
/// The call starts with the first use of any of its parts, and is cancelled when nothing refers to it any more.
public struct BidirectionalCall<Request: Sendable, Response: Sendable>: Sendable {
  let call: StreamingCall<Request, Response>

  /// Sends one request; suspends while the server has no room. One task at a time may send.
  /// - Throws: `RPCError` when the call has ended; `cancelled` when the task is cancelled, which cancels the call.
  public func send(_ request: Request) async throws(RPCError) { try await call.send(request) }

  /// Says that no more requests follow.
  public func finish() { call.finish() }

  /// What the server sends, to be read once.
  public var responses: ResponseStream<Response> { ResponseStream(source: call) }

  /// Gives the call up; its reader gets `cancelled`.
  public func cancel() { call.call().cancel(.callWasCancelled) }
}
