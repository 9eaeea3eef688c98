// The client's messages, as read by the handler.
public import FreshetCore
import NIOCore

/// An async sequence of requests. Each `next()` returns the bytes it has read to the client's window, so that the
/// client can send more: a handler that does not read stops its client.
///
/// The messages are read once: an iterator continues where the previous one stopped. So a handler may read the first
/// message and pass the stream on for the rest.
///
/// ```swift
/// guard let hello = try await requests.first() else { throw RPCError(code: .invalidArgument, message: "which room?") }
/// let room = await rooms.room(hello.text)
/// …
/// group.addTask { for try await message in requests { try await room.publish(message) } }
/// ```
///
/// After the last message `next()` returns nil forever; it throws `RPCError` when the client has reset the call, the
/// deadline has passed, the connection is lost, or a message is too large or malformed; `cancelled` when the reading
/// task is cancelled; and `internal` when another task is also waiting for a message.
public struct RequestStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = RPCError

  let call: ServerCall
  let codec: any Codec<Element>

  /// An iterator that continues where earlier ones have stopped.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call, codec: codec) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    public typealias Failure = RPCError

    private let call: ServerCall
    private let codec: any Codec<Element>
    private var intake = RequestIntake()

    init(call: ServerCall, codec: any Codec<Element>) {
      self.call = call
      self.codec = codec
    }

    // Inlined into the reader's loop: a buffered request costs a plain call, not an async one.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(RPCError) -> Element? {
      if let request = try takeReady() { return request }
      return try await wait()
    }

    /// The next request, if available.
    @usableFromInline
    mutating func takeReady() throws(RPCError) -> Element? {
      if intake.isOver { return nil }
      do throws(RPCError) {
        return try call.readyRequest(codec, &intake)
      } catch {
        intake.isOver = true
        throw error
      }
    }

    /// Waits for the next request, or the end.
    @usableFromInline
    mutating func wait() async throws(RPCError) -> Element? {
      try await call.nextRequest(codec, &intake)  // nothing else, so that it needs hardly any frame
    }
  }
}

extension RequestStream.AsyncIterator: Sendable {}

/// A reader's buffered request. Belongs to the reading task.
struct RequestIntake: Sendable {
  /// Whether the end, or an error, has been returned.
  var isOver = false
  /// A request to be decompressed off the loop.
  var held: MessageDeframer.Message?
  /// A decompressed request.
  var decompressed: ByteBuffer?
}
