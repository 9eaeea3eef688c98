// The messages of a call's client, as its handler reads them.
import FreshetCore
import NIOCore

/// An async sequence of requests. Each `next()` gives the bytes that it has read back to the client's window, so that
/// the client can send on: a handler that does not read stops its client.
///
/// The messages are read once: an iterator goes on where the one before it stopped. So a handler may read the first message
/// and hand the stream on for the rest.
///
/// ```swift
/// guard let hello = try await requests.first() else { throw RPCError(code: .invalidArgument, message: "which room?") }
/// let room = await rooms.room(hello.text)
/// …
/// group.addTask { for try await message in requests { try await room.publish(message) } }
/// ```
///
/// After the last message `next()` returns nil for ever; it throws `RPCError` when the client has reset the call, the deadline
/// has passed, the connection is lost, or a message is too large or broken, `cancelled` when the reading task is cancelled,
/// and `internal` when another task waits for a message, too.
public struct RequestStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = any Error

  let call: ServerCall
  let codec: any Codec<Element>

  /// An iterator that takes its messages from where those before it have stopped.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call, codec: codec) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    public typealias Failure = any Error

    private let call: ServerCall
    private let codec: any Codec<Element>
    private var intake = RequestIntake()
    private var isOver = false

    init(call: ServerCall, codec: any Codec<Element>) {
      self.call = call
      self.codec = codec
    }

    // Inlined into the reader's loop: a request that is here already costs a plain call, no async one.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(any Error) -> Element? {
      if let request = try takeReady() { return request }
      return try await wait()
    }

    /// The next request, if it is here.
    @usableFromInline
    mutating func takeReady() throws -> Element? {
      if isOver { return nil }
      do throws(RPCError) {
        return try call.readyRequest(codec, &intake)
      } catch {
        isOver = true
        throw error
      }
    }

    /// Waits for the next request, or the end.
    @usableFromInline
    mutating func wait() async throws -> Element? {
      if isOver { return nil }
      do {
        if let request = try await call.nextRequest(codec, &intake) { return request }
      } catch {
        isOver = true
        throw error
      }
      isOver = true
      return nil
    }
  }
}

extension RequestStream.AsyncIterator: Sendable {}

/// What one reader of requests has at hand. Belongs to the task that reads.
struct RequestIntake: Sendable {
  /// A request that is to be decompressed elsewhere.
  var held: MessageDeframer.Message?
  /// What came of one.
  var decompressed: ByteBuffer?
}
