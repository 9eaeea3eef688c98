// The responses of a streaming call, as read by its caller.
public import FreshetCore
import FreshetStreams
import FreshetTransport

/// A call with a stream of responses, without the type of its requests.
protocol ResponseSource<Response>: AnyObject, Sendable {
  associatedtype Response: Sendable
  var signals: ResponseSignals { get }
  func call() -> ClientCall
  func takeReader() -> Bool
  /// The same call, not yet made; `nil` if that is impossible.
  func madeAgain() -> (any ResponseSource<Response>)?
  /// The error that the reader received, if any.
  var failure: RPCError? { get }
  func noteFailure(_ error: RPCError)
  var lastWasCompressed: Bool { get }
  func decode(_ message: MessageDeframer.Message, of call: ClientCall) throws(RPCError) -> Response
}

/// An async sequence of responses; a value that may be passed on and read anywhere.
///
/// - Cold: the call starts at the first `next()`, or when `start()`, `metadata` or `trailers` is used.
/// - Each `next()` returns the bytes read to the server's window: a reader that stops reading stops the server.
/// - The call is cancelled when its reading task is cancelled, and when the iterator or, before there is one, the
///   stream is dropped.
/// - Single-use: a second iterator fails with the call's error, or with INTERNAL and an explanation. `retrying` makes
///   the call anew for each attempt, with the same requests, unless those of a `BidirectionalCall` were sent by hand.
/// - After the last response `next()` returns nil forever. It throws `RPCError` once: the server's status if that is
///   not OK, or the reason why there is none.
public struct ResponseStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = RPCError

  let source: any ResponseSource<Element>

  /// Sends the request now, without waiting for a response. No effect on a call that has started.
  public func start() { _ = source.call() }

  /// The initial metadata. Waits for the response's headers; empty if the server sent only a status.
  /// - Throws: `RPCError` when the call failed on this side before they arrived; `cancelled` when this task is
  ///   cancelled.
  public var metadata: Metadata {
    get async throws(RPCError) {
      start()
      guard let head = await source.signals.head.wait() else { throw .waitWasCancelled }
      return try head.get()
    }
  }

  /// The metadata received with the status, even if that is not OK. Waits for the end of the call, so read the
  /// responses first.
  /// - Throws: `RPCError` when the call failed on this side; `cancelled` when this task is cancelled.
  public var trailers: Metadata {
    get async throws(RPCError) {
      start()
      guard let end = await source.signals.end.wait() else { throw .waitWasCancelled }
      if let error = end.error, error.origin == .local { throw error }
      return end.trailers
    }
  }

  /// Whether the server had compressed the last response read.
  public var lastResponseWasCompressed: Bool { source.lastWasCompressed }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    public typealias Failure = RPCError

    private enum State {
      /// → reading, over
      case unread
      /// → over
      case reading(ResponseReader<Element>)
      /// Final.
      case over
    }

    private let source: any ResponseSource<Element>
    private var state = State.unread

    init(_ source: any ResponseSource<Element>) { self.source = source }

    // Inlined into the reader's loop: a buffered response costs a plain call, not an async one.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(RPCError) -> Element? {
      if let response = try takeReady() { return response }
      return try await wait()
    }

    /// The next response, if available.
    @usableFromInline
    mutating func takeReady() throws(RPCError) -> Element? {
      guard case .reading(let reader) = state else { return nil }
      do throws(RPCError) {
        return try reader.takeReady()
      } catch {
        state = .over
        throw error
      }
    }

    /// Waits for the next response, or the end.
    @usableFromInline
    mutating func wait() async throws(RPCError) -> Element? {
      do throws(RPCError) {
        guard let reader = try reader() else { return nil }
        if let response = try await reader.next() { return response }
        state = .over
        return nil
      } catch {
        state = .over
        throw error
      }
    }

    private mutating func reader() throws(RPCError) -> ResponseReader<Element>? {
      switch state {
      case .over: return nil
      case .reading(let reader): return reader
      case .unread:
        guard source.takeReader() else { throw .secondReader(of: source.failure) }
        let reader = ResponseReader(source)
        state = .reading(reader)
        return reader
      }
    }
  }
}

extension ResponseStream: OncePerMaking {
  package func madeAgain() -> ResponseStream? { source.madeAgain().map { ResponseStream(source: $0) } }
}

extension RPCError {
  /// The error of a second reader, depending on the call's.
  fileprivate static func secondReader(of failure: RPCError?) -> RPCError {
    let reason =
      "the responses of a call can be read only once; to retry, make a new call per attempt: retrying(…) { _ in … }"
    guard var failure else { return RPCError(code: .internal, message: reason) }
    failure.message += " (\(reason))"
    return failure
  }

  fileprivate static var waitWasCancelled: RPCError {
    RPCError(code: .cancelled, message: "the task was cancelled while it waited for the call")
  }
}
