// The sending end of a channel.

/// A channel: what any number of tasks send into the sink comes out of the stream, in order of arrival.
///
/// ```swift
/// let (sink, lines) = channel(of: String.self, capacity: 16)
/// async let reading: Void = { for await line in lines { print(line) } }()
/// try await sink.send("one line")
/// sink.finish()
/// ```
///
/// The stream ends when a sink is finished or the last copy of the sink is dropped.
///
/// - Parameters:
///   - of: the type of the elements.
///   - failing: the error type of ``ChannelSink/finish(throwing:)``, and so of the stream.
///   - capacity: how many elements the channel buffers. At 0 or below, `send` returns when its element has been
///     received.
public func channel<Element: Sendable, Failure: Error>(
  of: Element.Type = Element.self, failing: Failure.Type = Never.self, capacity: Int
) -> (sink: ChannelSink<Element, Failure>, stream: ChannelStream<Element, Failure>) {
  let core = ChannelCore(capacity: max(capacity, 0))
  return (ChannelSink(core), ChannelStream(core))
}

/// Sends into a channel. Copies are the same sink; thread-safe.
///
/// Laws:
/// - If `send` throws, its element is not received.
/// - If `send` returns, the channel has accepted its element; at capacity 0, the element was received.
/// - Accepted elements that were still unread when the stream was dropped are counted in
///   ``SendError/gone(unreceived:)``, which every later `send` and ``flush()`` throws: so a producer can tell for each
///   element whether it was received.
public struct ChannelSink<Element: Sendable, Failure: Error>: StreamSink {
  /// Finishes the channel when the last copy is dropped.
  private final class End: Sendable {
    let core: ChannelCore

    init(_ core: ChannelCore) { self.core = core }

    deinit { core.finish(nil) }
  }

  private let end: End

  init(_ core: ChannelCore) { end = End(core) }

  /// Sends one element, and waits until there is room for it.
  ///
  /// - Throws: ``SendError/gone(unreceived:)`` when the stream has no reader any more, ``SendError/finished`` after a
  ///   finish, ``SendError/cancelled`` when the task is cancelled before there is room.
  public func send(_ element: Element) async throws(SendError) { try await end.core.send(Held(element)) }

  /// Sends one element if there is room for it now.
  ///
  /// - Returns: whether the element was accepted.
  /// - Throws: ``SendError/gone(unreceived:)`` and ``SendError/finished``.
  public func trySend(_ element: Element) throws(SendError) -> Bool { try end.core.trySend(Held(element)) }

  /// Waits until everything that was sent has been received.
  ///
  /// - Throws: ``SendError/gone(unreceived:)`` when the stream was dropped first, ``SendError/cancelled``.
  public func flush() async throws(SendError) { try await end.core.flush() }

  /// Ends the stream after the elements that were sent. Later calls have no effect.
  public func finish() { end.core.finish(nil) }

  /// Ends the stream with this error after the elements that were sent. Later calls have no effect.
  public func finish(throwing failure: Failure) { end.core.finish(Held(failure)) }

  /// Whether the stream was dropped or has returned its end.
  public var isStreamGone: Bool { end.core.isGone }

  /// Waits until the stream was dropped or has returned its end.
  ///
  /// - Throws: ``SendError/cancelled``.
  public func waitUntilStreamIsGone() async throws(SendError) { try await end.core.whenGone() }
}
