// The messages of a call's client, as its handler reads them.
import FreshetCore

/// An async sequence of requests. Each `next()` gives the bytes that it has read back to the client's window, so that
/// the client can send on: a handler that does not read stops its client.
///
/// Single-use: the messages are read once, and a second iterator fails with INTERNAL. After the last message `next()`
/// returns nil for ever; it throws `RPCError` when the client has reset the call, the deadline has passed, the
/// connection is lost, or a message is too large or broken, and `cancelled` when the reading task is cancelled.
public struct RequestStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = any Error

  let call: ServerCall
  let codec: any Codec<Element>

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(call: call.takeRequests() ? call : nil, codec: codec)
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    public typealias Failure = any Error

    /// nil for a second iterator.
    let call: ServerCall?
    let codec: any Codec<Element>
    private var isOver = false

    init(call: ServerCall?, codec: any Codec<Element>) {
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
        guard let call else {
          throw RPCError(code: .internal, message: "the requests of a call can be read only once")
        }
        return try call.readyRequest(codec)
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
        if let request = try await call?.nextRequest(codec) { return request }
      } catch {
        isOver = true
        throw error
      }
      isOver = true
      return nil
    }
  }
}
