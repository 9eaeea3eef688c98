// The messages of a WebSocket as async sequences.
import FreshetCore
import FreshetTransport
public import FreshetWebSocket
public import NIOCore

/// What the peer of a WebSocket sends. Single-use: an iterator continues where the previous one stopped.
public struct WebSocketMessages: AsyncSequence, Sendable {
  public typealias Element = WebSocketMessage
  public typealias Failure = WebSocketError

  let end: WebSocketEnd

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(end: end) }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    public typealias Failure = WebSocketError

    let end: WebSocketEnd
    private var isOver = false

    init(end: WebSocketEnd) { self.end = end }

    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(WebSocketError) -> WebSocketMessage? {
      if isOver { return nil }
      let message = try await whole()
      if let message { end.noteReceived(bytes: message.bytes.readableBytes) } else { isOver = true }
      return message.map { WebSocketMessage($0) }
    }

    @inline(__always)  // saves a frame
    private mutating func whole() async throws(WebSocketError) -> WebSocketPart? {
      if !end.form.intake.isPlain { end.want(parts: false) }
      while true {
        let ready: WebSocketPart?
        do throws(RPCError) {
          ready = if let ready = end.takeReady() { ready } else { try await end.next() }
        } catch {
          isOver = true
          throw end.error(error)
        }
        guard let part = ready else { return nil }
        if end.form.intake.isPlain { return part }
        switch end.form.intake.join(part, maxBytes: end.form.maxWholeBytes) {
        case .deliver(let message): return message
        case .wait: continue
        case .fail:
          let limit = end.form.maxWholeBytes
          throw fail(.tooBig, .messageTooBig, "a message exceeds the limit of \(limit) bytes (maxMessageBytes)")
        }
      }
    }

    /// The peer has sent what is not taken here.
    mutating func fail(_ kind: WebSocketError.Kind, _ code: CloseCode, _ message: String) -> WebSocketError {
      isOver = true
      end.close(code, reason: message)
      return WebSocketError(kind, code: code, message)
    }
  }
}

/// The texts that the peer of a WebSocket sends. Single-use: an iterator continues where the previous one stopped.
public struct WebSocketTexts: AsyncSequence, Sendable {
  public typealias Element = String
  public typealias Failure = WebSocketError

  let end: WebSocketEnd

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(messages: WebSocketMessages.AsyncIterator(end: end))
  }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    public typealias Failure = WebSocketError

    var messages: WebSocketMessages.AsyncIterator

    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(WebSocketError) -> String? {
      switch try await messages.next(isolation: actor) {
      case nil: return nil
      case .text(let text): return text
      case .binary: throw messages.fail(.unexpectedKind, .unsupportedData, "only texts are read here")
      }
    }
  }
}

/// The binary messages that the peer of a WebSocket sends. Single-use: an iterator continues where the previous one
/// stopped.
public struct WebSocketBinaries: AsyncSequence, Sendable {
  public typealias Element = ByteBuffer
  public typealias Failure = WebSocketError

  let end: WebSocketEnd

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(messages: WebSocketMessages.AsyncIterator(end: end))
  }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    public typealias Failure = WebSocketError

    var messages: WebSocketMessages.AsyncIterator

    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(WebSocketError) -> ByteBuffer? {
      switch try await messages.next(isolation: actor) {
      case nil: return nil
      case .binary(let bytes): return bytes
      case .text: throw messages.fail(.unexpectedKind, .unsupportedData, "only binary messages are read here")
      }
    }
  }
}
