// The sending end of a channel.

/// A channel: what is sent into the sink by any number of tasks comes out of the stream, in order of arrival.
///
/// ```swift
/// let (sink, lines) = channel(of: String.self, capacity: 16)
/// async let reading: Void = { for await line in lines { print(line) } }()
/// try await sink.send("one line")
/// sink.finish()
/// ```
///
/// The stream ends when a sink is finished or the last copy of the sink goes away.
///
/// - Parameters:
///   - of: the type of the elements.
///   - failing: what the stream may fail with, by ``ChannelSink/finish(throwing:)``.
///   - capacity: how many elements the channel takes before they are received. At 0 and below, `send` returns when its
///     element has been received.
public func channel<Element: Sendable, Failure: Error>(
  of: Element.Type = Element.self, failing: Failure.Type = Never.self, capacity: Int
) -> (sink: ChannelSink<Element, Failure>, stream: ChannelStream<Element, Failure>) {
  let core = ChannelCore(capacity: max(capacity, 0))
  return (ChannelSink(core), ChannelStream(core))
}

/// Sends into a channel. Its copies are the same sink; any task may use it at any time.
///
/// Laws:
/// - A `send` that throws has handed over nothing: its element is not received.
/// - A `send` that returns has its element's place in the channel; at capacity 0, the element was received.
/// - What the channel had taken when the stream went away is counted in ``SendError/gone(unreceived:)``, which every
///   later `send` and ``flush()`` throws: so a producer can know of each element whether it was received.
public struct ChannelSink<Element: Sendable, Failure: Error>: StreamSink {
  /// Finishes the channel when the last copy goes away.
  private final class End: Sendable {
    let core: ChannelCore

    init(_ core: ChannelCore) { self.core = core }

    deinit { core.finish(nil) }
  }

  private let end: End

  init(_ core: ChannelCore) { end = End(core) }

  /// Hands over one element, and waits until there is room for it.
  ///
  /// - Throws: ``SendError/gone(unreceived:)`` when nobody reads the stream any more, ``SendError/finished`` behind a
  ///   finish, ``SendError/cancelled`` when the task is cancelled before there is room.
  public func send(_ element: Element) async throws(SendError) { try await end.core.send(Held(element)) }

  /// Hands over one element if there is room for it now.
  ///
  /// - Returns: whether the element was taken.
  /// - Throws: ``SendError/gone(unreceived:)`` and ``SendError/finished``.
  public func trySend(_ element: Element) throws(SendError) -> Bool { try end.core.trySend(Held(element)) }

  /// Waits until everything that was sent has been received.
  ///
  /// - Throws: ``SendError/gone(unreceived:)`` when the stream went away before, ``SendError/cancelled``.
  public func flush() async throws(SendError) { try await end.core.flush() }

  /// Ends the stream behind the elements that were sent. Later calls change nothing.
  public func finish() { end.core.finish(nil) }

  /// Ends the stream with this error behind the elements that were sent. Later calls change nothing.
  public func finish(throwing failure: Failure) { end.core.finish(Held(failure)) }

  /// Whether the stream has gone or has given its end.
  public var isStreamGone: Bool { end.core.isGone }

  /// Waits until the stream has gone or has given its end.
  ///
  /// - Throws: ``SendError/cancelled``.
  public func waitUntilStreamIsGone() async throws(SendError) { try await end.core.whenGone() }
}
