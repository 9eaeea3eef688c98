// A call whose requests are sent one by one, for callers that have no sequence of them.
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
/// The call starts when any part of it is first used, and is cancelled when its last reference is released.
public struct BidirectionalCall<Request: Sendable, Response: Sendable>: Sendable {
  let call: StreamingCall<Request, Response>

  /// Sends one request; suspends while the server has no room. Only one task at a time may send.
  /// - Throws: `RPCError` when the call has ended; `cancelled` when the task is cancelled, which cancels the call.
  public func send(_ request: Request) async throws(RPCError) { try await call.send(request) }

  /// Ends the requests.
  public func finish() { call.finish() }

  /// The server's responses, to be read once.
  public var responses: ResponseStream<Response> { ResponseStream(source: call) }

  /// Cancels the call; its reader gets `cancelled`.
  public func cancel() { call.call().cancel(.callWasCancelled) }
}
